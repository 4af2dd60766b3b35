import {
  type Decided,
  type DeliveryRecord,
  type EventRecord,
  type LedgerRecord,
  type ListedRecord,
  outcomeOf,
  type WaitReason,
} from '../../relay/model/delivery.ts'
import { type Event, objectName } from '../../relay/model/event.ts'
import { hashParts } from '../../relay/model/hash.ts'
import type { Outcome } from '../../relay/model/outcomes.ts'
import type { AcceptedEvent } from '../../relay/model/queue-messages.ts'
import type { Decision } from '../../relay/ports/observer.ts'
import { START } from './manual-clock.ts'

/** An Event about a Kustomization of this name, as `accept` leaves it. */
export function event(name = 'podinfo', message = 'Reconciliation finished'): Event {
  return {
    involvedObject: {
      kind: 'Kustomization',
      namespace: 'flux-system',
      name,
      uid: '',
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      resourceVersion: '',
      fieldPath: '',
    },
    severity: 'info',
    timestamp: new Date(START).toISOString(),
    message,
    reason: 'ReconciliationSucceeded',
    metadata: { 'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:3f2c9a1' },
    reportingController: 'kustomize-controller',
    reportingInstance: '',
  }
}

/** An accepted event; its id and group follow from its cluster, object and message. */
export function acceptedEvent(changes: Partial<AcceptedEvent> = {}): AcceptedEvent {
  const cluster = changes.cluster ?? 'local'
  const content = changes.event ?? event()
  return {
    id: hashParts(cluster, objectName(content.involvedObject), content.message),
    cluster,
    group: hashParts(cluster, objectName(content.involvedObject)),
    event: content,
    objectLabels: undefined,
    acceptedAt: START,
    ...changes,
  }
}

/** How a record stands, by the names that people see. `dueAt` and `why` are of one that waits. */
interface Standing {
  readonly outcome?: Outcome
  readonly reason?: string
  readonly dueAt?: number
  readonly why?: WaitReason
}

/** What a test wants of a record other than usual. */
export type RecordChanges = Partial<Omit<DeliveryRecord, 'kind'>> & Standing

/** An order of its own for each record, as an event of its own would have. */
function orderOf(id: string): string {
  const sequence = String(Number.parseInt(hashParts(id).slice(0, 10), 16))
  return `${String(START).padStart(15, '0')}.${sequence.padStart(40, '0')}`
}

/** The record of a Delivery that went well at the first try. */
export function deliveryRecord(changes: RecordChanges = {}): DeliveryRecord {
  const { outcome, reason, dueAt, why, ...rest } = changes
  return {
    kind: 'delivery',
    id: 'delivery-1',
    cluster: 'local',
    eventId: 'event-1',
    order: orderOf(changes.id ?? 'delivery-1'),
    event: event(),
    acceptedAt: START,
    alert: { namespace: 'flux-system', name: 'on-call', uid: 'alert-uid' },
    provider: { namespace: 'flux-system', name: 'slack', uid: 'provider-uid', type: 'slack' },
    status: standing({ outcome, reason, dueAt, why }),
    notes: [],
    attempt: 1,
    tries: 1,
    chainStartedAt: START,
    failures: 0,
    requestsDone: 1,
    attempts: [],
    replayedAt: [],
    repeats: 0,
    createdAt: START,
    updatedAt: START,
    ...(outcome === 'failed' && { test: {} }),
    ...rest,
  }
}

/** The record of an event that reached no Alert. */
export function eventRecord(changes: RecordChanges = {}): EventRecord {
  const record = deliveryRecord({ outcome: 'skipped', reason: 'no Alert matches', ...changes })
  const { alert, provider, requestsDone, subjectStateKey, repeats, ...rest } = record
  return { ...rest, kind: 'event', tries: changes.tries ?? 0 }
}

/** A record by the names that people see. */
export type ShownRecord = Omit<DeliveryRecord, 'kind' | 'alert'> &
  Pick<Partial<DeliveryRecord>, 'alert'> & {
    readonly kind: LedgerRecord['kind']
    readonly outcome: Outcome
    readonly reason: string
    readonly dueAt: number | undefined
    readonly why: WaitReason | undefined
  }

/** Shows a record as people see it; throws for one that cannot be read. */
export function shown(record: ListedRecord): ShownRecord {
  if (record.kind === 'unreadable') throw new Error(record.reason)
  const { status } = record
  const isWaiting = status.kind === 'waiting'
  return {
    requestsDone: 0,
    repeats: 0,
    ...record,
    outcome: outcomeOf(record),
    reason: status.reason,
    dueAt: isWaiting ? status.dueAt : undefined,
    why: isWaiting ? status.why : undefined,
  }
}

/** A decision whose record is shown as people see it. */
export type ShownDecision = Omit<Decision, 'record'> & { readonly record: ShownRecord }

export function shownDecision({ record, latencyMs }: Decision): ShownDecision {
  return { record: shown(record), latencyMs }
}

function standing({
  outcome = 'delivered',
  reason = 'slack answered 200',
  dueAt = START,
  why = 'failed',
}: { readonly [Name in keyof Standing]: Standing[Name] | undefined }): Decided {
  if (outcome === 'held') return { kind: 'waiting', why: 'rule', dueAt, reason }
  if (outcome === 'retry') return { kind: 'waiting', why, dueAt, reason }
  if (outcome === 'dismissed') {
    return { kind: 'final', outcome: 'dead', reason, dismissal: { at: START } }
  }
  if (outcome === 'observed') return { kind: 'final', outcome: 'skipped', reason, observed: true }
  return { kind: 'final', outcome: outcome === 'failed' ? 'dead' : outcome, reason }
}
