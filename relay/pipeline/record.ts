import type { Alert } from '../model/alert.ts'
import { shortRevision } from '../model/config.ts'
import {
  type Attempt,
  type DeliveryRecord,
  decidedOutcomeOf,
  type EventOrder,
  type EventRecord,
  isHeld,
  type LedgerRecord,
  type Pending,
  type Status,
  type Waiting,
} from '../model/delivery.ts'
import { objectName } from '../model/event.ts'
import { orderParts } from '../model/event-order.ts'
import { hashParts } from '../model/hash.ts'
import type { QueuedEvent } from '../model/queue-messages.ts'
import type { Clock } from '../ports/clock.ts'
import type { Conclusion, EventConclusion } from './conclusion.ts'
import { withHeldNote } from './held-note.ts'
import { nextStep } from './next-step.ts'
import { eventOrder } from './order.ts'

/** The most tries that a record keeps; a chain of 24 hours has about 30. */
const MAX_ATTEMPTS_KEPT = 50

/** The id of the Delivery of an event to an Alert. */
export function deliveryId(eventId: string, alertUid: string): string {
  return hashParts(eventId, alertUid)
}

/** The id of the record of an event that reached no Alert. */
export function eventRecordId(eventId: string): string {
  return hashParts(eventId, '')
}

/** The record of a Delivery before its first decision. */
export function newDelivery(
  queued: QueuedEvent,
  alert: Alert,
  now: number,
  revision?: string,
): DeliveryRecord<Pending> {
  return {
    ...newRecord(queued, now, revision),
    kind: 'delivery',
    id: deliveryId(queued.id, alert.metadata.uid),
    alert: alert.metadata,
    requestsDone: 0,
    repeats: 0,
  }
}

/** The record of an event that reaches no Alert, before its first decision. */
export function newEventRecord(
  queued: QueuedEvent,
  now: number,
  revision?: string,
): EventRecord<Pending> {
  return { ...newRecord(queued, now, revision), kind: 'event', id: eventRecordId(queued.id) }
}

function newRecord(queued: QueuedEvent, now: number, revision: string | undefined) {
  return {
    cluster: queued.cluster,
    eventId: queued.id,
    order: eventOrder(queued),
    event: queued.event,
    acceptedAt: queued.acceptedAt,
    status: { kind: 'pending' },
    notes: [],
    attempt: 1,
    tries: 0,
    chainStartedAt: now,
    failures: 0,
    attempts: [],
    replayedAt: [],
    createdAt: now,
    updatedAt: now,
    ...(queued.objectLabels && { objectLabels: queued.objectLabels }),
    ...(revision !== undefined && { revision: shortRevision(revision) }),
  } as const
}

/** A record that is judged again, by the configuration of now; undefined without one. */
export function judgedBy<R extends { readonly revision?: string }>(
  record: R,
  table: { readonly revision: string } | undefined,
): R {
  return table === undefined ? record : { ...record, revision: shortRevision(table.revision) }
}

/** Whether the current chain of tries was begun by a person who asked for a replay: no other chain follows one. */
export function isReplayed({ replayedAt }: Pick<LedgerRecord<Status>, 'replayedAt'>): boolean {
  return replayedAt.length > 0
}

/** A Delivery that a rule held back since it was decided last, as its chain of tries begins. */
export function chainBegun(record: DeliveryRecord<Waiting>, now: number): DeliveryRecord<Waiting> {
  if (record.status.why !== 'rule') return record
  const { heldMs = 0 } = timeHeld(record, now)
  const notes = withHeldNote(record, heldMs, now)
  return { ...record, chainStartedAt: now, failures: 0, heldMs, notes }
}

/**
 * For how long rules held a record back by `now`, in milliseconds; empty when none does. Whoever writes a record that
 * goes on waiting has to put this into it, since the time is counted from the record's last change.
 */
export function timeHeld(record: LedgerRecord, now: number): { readonly heldMs?: number } {
  if (record.kind === 'event' || !isHeld(record)) return {}
  return { heldMs: (record.heldMs ?? 0) + Math.max(0, now - record.updatedAt) }
}

/** When the work on a record began. */
export interface Begin {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The same moment by `Clock.elapsed`. */
  readonly elapsed: number
}

export function beginNow(clock: Clock): Begin {
  return { at: clock.now(), elapsed: clock.elapsed() }
}

/** The record of a Delivery after a decision: either final, or due for its next try. */
export function concludeDelivery(
  record: DeliveryRecord<Status>,
  conclusion: Conclusion,
  begin: Begin,
  clock: Clock,
): DeliveryRecord {
  const { provider, subjectStateKey, toldIn } = conclusion
  const decided = decide(record, conclusion, begin, clock)
  return {
    ...(endsAlone(decided.status, conclusion) ? withoutOthers(record) : record),
    notes: conclusion.notes ?? record.notes,
    requestsDone: conclusion.requestsDone ?? record.requestsDone,
    ...decided,
    ...(provider && { provider: { ...provider.metadata, type: provider.spec.type } }),
    ...(subjectStateKey && { subjectStateKey }),
    ...(toldIn !== undefined && { toldIn }),
  }
}

/**
 * Whether a delivery that may have waited for others ended without them: it was sent by itself, or no message tells of
 * it. While it is tried on, it must not join others again.
 */
function endsAlone(status: Status, { isAlone, toldIn }: Conclusion): boolean {
  if (status.kind !== 'final') return false
  return isAlone === true || (toldIn === undefined && status.outcome === 'skipped')
}

/** The record without what says that it is told with others, and how long it waited for them. */
function withoutOthers(record: DeliveryRecord<Status>): DeliveryRecord<Status> {
  const { toldIn: _, heldMs: __, ...rest } = record
  return rest
}

/** The record of an event without an Alert after a decision. */
export function concludeEvent(
  record: EventRecord<Status>,
  conclusion: EventConclusion,
  clock: Clock,
): EventRecord {
  return { ...record, ...decide(record, conclusion, beginNow(clock), clock) }
}

function decide(record: LedgerRecord<Status>, conclusion: Conclusion, begin: Begin, clock: Clock) {
  const now = clock.now()
  const sent = 'sent' in conclusion ? conclusion.sent : undefined
  const tries = record.tries + (sent ? 1 : 0)
  const chain = { tries, failures: record.failures, chainStartedAt: record.chainStartedAt }
  const next = nextStep(chain, conclusion, clock)
  const { status, failures, chainStartedAt = record.chainStartedAt } = next
  const made: Attempt | undefined = sent && {
    attempt: record.attempt,
    startedAt: begin.at,
    durationMs: clock.elapsed() - begin.elapsed,
    outcome: decidedOutcomeOf({ status }),
    reason: status.reason,
    ...sent,
  }
  return {
    status,
    attempt: status.kind === 'waiting' ? record.attempt + 1 : record.attempt,
    tries,
    failures,
    chainStartedAt,
    attempts: made ? [...record.attempts, made].slice(-MAX_ATTEMPTS_KEPT) : record.attempts,
    updatedAt: now,
  }
}

/**
 * The id of the one record that counts how often an unchanged status of an object is repeated. Each
 * object has its own record, though several objects may share a status: only the events of one
 * object are dispatched in order, so the event in the record tells whether a repeated event was
 * counted.
 */
export function unchangedRecordId(record: DeliveryRecord<Status>, subjectStateKey: string): string {
  const object = objectName(record.event.involvedObject)
  return hashParts('unchanged', record.cluster, record.alert.uid, subjectStateKey, object)
}

/** The counting record with one more event; undefined when that event was counted before. */
export function countUnchanged(
  counter: LedgerRecord | undefined,
  record: DeliveryRecord,
  id: string,
): DeliveryRecord | undefined {
  if (counter?.kind !== 'delivery') return { ...record, id }
  if (record.eventId === counter.eventId || !isNewer(record.order, counter.order)) return undefined
  return { ...record, id, createdAt: counter.createdAt, repeats: counter.repeats + 1 }
}

function isNewer(a: EventOrder, b: EventOrder): boolean {
  return a > b
}

/** The event of a record in the shape in which the queue handed it out. */
export function queuedAgain(record: EventRecord): QueuedEvent {
  return {
    id: record.eventId,
    cluster: record.cluster,
    group: '',
    event: record.event,
    objectLabels: record.objectLabels,
    acceptedAt: record.acceptedAt,
    ...orderParts(record.order),
  }
}
