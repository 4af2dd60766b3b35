import type { Attempt, DeliveryRecord, Outcome } from '../model/delivery.ts'
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
  readonly provider?: Identity & { readonly type: string }
  readonly eventId: string
  readonly event: Event
  readonly objectLabels?: Labels
  readonly acceptedAt: string
  readonly attempt: number
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

/** What the API and the command line show of a record: what concerns a person. */
export function deliveryView(record: DeliveryRecord): DeliveryView {
  const latencyMs = deliveryLatencyMs(record)
  return {
    id: record.id,
    cluster: record.cluster,
    outcome: record.outcome,
    reason: record.reason,
    notes: record.notes,
    object: objectName(record.event.involvedObject),
    ...(record.alert && { alert: record.alert }),
    ...(record.provider && { provider: record.provider }),
    eventId: record.eventId,
    event: record.event,
    ...(record.objectLabels && { objectLabels: record.objectLabels }),
    acceptedAt: isoTime(record.acceptedAt),
    attempt: record.attempt,
    ...(record.dueAt !== undefined && { dueAt: isoTime(record.dueAt) }),
    ...(latencyMs !== undefined && { latencyMs }),
    attempts: record.attempts.map(attemptView),
    failures: record.failures,
    chainStartedAt: isoTime(record.chainStartedAt),
    replayedAt: record.replayedAt.map(isoTime),
    repeats: record.repeats,
    createdAt: isoTime(record.createdAt),
    updatedAt: isoTime(record.updatedAt),
  }
}

function attemptView({ startedAt, ...attempt }: Attempt): AttemptView {
  return { ...attempt, startedAt: isoTime(startedAt) }
}

/** From the acceptance of the event to the end of the try that delivered it. */
function deliveryLatencyMs({ outcome, attempts, acceptedAt }: DeliveryRecord): number | undefined {
  const last = attempts.at(-1)
  if (outcome !== 'delivered' || !last) return undefined
  return last.startedAt + last.durationMs - acceptedAt
}

function isoTime(time: number): string {
  return new Date(time).toISOString()
}
