import {
  type Attempt,
  type LedgerRecord,
  type ListedRecord,
  type Outcome,
  outcomeOf,
  type ProviderIdentity,
  reachedBy,
  type UnreadableRecord,
} from '../model/delivery.ts'
import { type Event, type Labels, objectName } from '../model/event.ts'
import type { Identity } from '../model/kubernetes.ts'

/** One try as a person sees it. Times are RFC 3339, UTC. */
export interface AttemptView {
  readonly attempt: number
  readonly startedAt: string
  readonly durationMs: number
  readonly outcome: Outcome
  readonly reason: string
  readonly status?: number
  readonly responseExcerpt?: string
}

/** A Delivery as a person sees it. Times are RFC 3339, UTC. */
export interface DeliveryView {
  readonly id: string
  readonly cluster: string
  readonly outcome: Outcome
  readonly reason: string
  readonly notes: readonly string[]
  /** `Kind/namespace/name` of what the event is about. */
  readonly object: string
  readonly alert?: Identity
  readonly provider?: ProviderIdentity
  readonly eventId: string
  readonly event: Event
  readonly objectLabels?: Labels
  readonly acceptedAt: string
  /** The serial of the next try while `outcome` is `retry`, else of the last one. */
  readonly attempt: number
  /** How many tries were made. */
  readonly tries: number
  /** When the next try is due, while `outcome` is `retry`. */
  readonly dueAt?: string
  /** From the acceptance of its event to the answer, once delivered. */
  readonly latencyMs?: number
  readonly attempts: readonly AttemptView[]
  readonly failures: number
  readonly chainStartedAt: string
  readonly replayedAt: readonly string[]
  readonly repeats: number
  readonly createdAt: string
  readonly updatedAt: string
}

/** A row whose record cannot be read: what is known of it, and why that is all. */
export interface UnreadableView {
  readonly id: string
  readonly cluster: string
  readonly outcome: Outcome
  readonly reason: string
  readonly object: string
  readonly alert?: Pick<Identity, 'namespace' | 'name'>
  readonly acceptedAt: string
  readonly attempt: 0
  readonly tries: 0
  readonly unreadable: true
}

/** What a list shows of a row. */
export function listedView(record: ListedRecord): DeliveryView | UnreadableView {
  return record.kind === 'unreadable' ? unreadableView(record) : deliveryView(record)
}

function unreadableView(record: UnreadableRecord): UnreadableView {
  const { id, cluster, outcome, reason, object, alert, acceptedAt } = record
  const [namespace = '', name = ''] = alert?.split('/') ?? []
  return {
    id,
    cluster,
    outcome,
    reason,
    object,
    ...(alert !== undefined && { alert: { namespace, name } }),
    acceptedAt: isoTime(acceptedAt),
    attempt: 0,
    tries: 0,
    unreadable: true,
  }
}

/** What the API and the command line show of a record: what concerns a person. */
export function deliveryView(record: LedgerRecord): DeliveryView {
  const { status } = record
  const { alert, provider } = reachedBy(record)
  const latencyMs = deliveryLatencyMs(record)
  return {
    id: record.id,
    cluster: record.cluster,
    outcome: outcomeOf(record),
    reason: status.reason,
    notes: record.notes,
    object: objectName(record.event.involvedObject),
    ...(alert && { alert }),
    ...(provider && { provider }),
    eventId: record.eventId,
    event: record.event,
    ...(record.objectLabels && { objectLabels: record.objectLabels }),
    acceptedAt: isoTime(record.acceptedAt),
    attempt: record.attempt,
    tries: record.tries,
    ...(status.kind === 'waiting' && { dueAt: isoTime(status.dueAt) }),
    ...(latencyMs !== undefined && { latencyMs }),
    attempts: record.attempts.map(attemptView),
    failures: record.failures,
    chainStartedAt: isoTime(record.chainStartedAt),
    replayedAt: record.replayedAt.map(isoTime),
    repeats: record.kind === 'delivery' ? record.repeats : 0,
    createdAt: isoTime(record.createdAt),
    updatedAt: isoTime(record.updatedAt),
  }
}

function attemptView({ startedAt, ...attempt }: Attempt): AttemptView {
  return { ...attempt, startedAt: isoTime(startedAt) }
}

/** From the acceptance of the event to the end of the try that delivered it. */
function deliveryLatencyMs(record: LedgerRecord): number | undefined {
  const { attempts, acceptedAt } = record
  const last = attempts.at(-1)
  if (outcomeOf(record) !== 'delivered' || !last) return undefined
  return last.startedAt + last.durationMs - acceptedAt
}

function isoTime(time: number): string {
  return new Date(time).toISOString()
}
