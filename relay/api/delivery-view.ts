import {
  type Attempt,
  type LedgerRecord,
  type ListedRecord,
  outcomeOf,
  reachedBy,
  type UnreadableRecord,
} from '../model/delivery.ts'
import { objectName } from '../model/event.ts'
import { isoTime } from '../model/time.ts'
import type { Delivery, DeliveryLeft } from './schemas/deliveries.ts'

/** A record as lists show it. */
export function listedView(record: ListedRecord): Delivery {
  return record.kind === 'unreadable' ? unreadableView(record) : deliveryView(record)
}

/** What became of a record, for those who have it and whose filters it does not fit any more. */
export function leftView(record: ListedRecord): DeliveryLeft {
  if (record.kind !== 'unreadable') {
    const { id, tries, status } = record
    return { id, outcome: outcomeOf(record), reason: status.reason, tries }
  }
  const { id, outcome, reason } = record
  return { id, outcome, reason }
}

function unreadableView(record: UnreadableRecord): Delivery {
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

/** A record as the API and the command line show it: the fields that people need. */
export function deliveryView(record: LedgerRecord) {
  const { status } = record
  const { alert, provider } = reachedBy(record)
  const latencyMs = deliveryLatencyMs(record)
  return {
    id: record.id,
    cluster: record.cluster,
    outcome: outcomeOf(record),
    reason: status.reason,
    notes: [...record.notes],
    object: objectName(record.event.involvedObject),
    ...(alert && { alert }),
    ...(provider && { provider }),
    eventId: record.eventId,
    event: { ...record.event },
    ...(record.objectLabels && { objectLabels: record.objectLabels }),
    acceptedAt: isoTime(record.acceptedAt),
    attempt: record.attempt,
    tries: record.tries,
    ...(status.kind === 'waiting' && { dueAt: isoTime(status.dueAt) }),
    ...(latencyMs !== undefined && { latencyMs }),
    attempts: record.attempts.map(attemptView),
    ...(record.revision !== undefined && { revision: record.revision }),
    failures: record.failures,
    chainStartedAt: isoTime(record.chainStartedAt),
    replayedAt: record.replayedAt.map(isoTime),
    ...(record.replayedBy && {
      replayedBy: record.replayedBy.map(({ at, by }) => ({ at: isoTime(at), by })),
    }),
    ...(status.kind === 'final' &&
      status.dismissal && {
        dismissal: { ...status.dismissal, at: isoTime(status.dismissal.at) },
      }),
    ...(record.kind === 'delivery' && record.test && { test: record.test }),
    ...(record.kind === 'delivery' && record.toldIn !== undefined && { toldIn: record.toldIn }),
    repeats: record.kind === 'delivery' ? record.repeats : 0,
    createdAt: isoTime(record.createdAt),
    updatedAt: isoTime(record.updatedAt),
  } satisfies Delivery
}

/** The fields of `Delivery` for a record that can be read. */
export type DeliveryView = ReturnType<typeof deliveryView>

function attemptView({ startedAt, ...attempt }: Attempt) {
  return { ...attempt, startedAt: isoTime(startedAt) }
}

/** The milliseconds from the acceptance of the event to the end of the try that delivered it. */
function deliveryLatencyMs(record: LedgerRecord): number | undefined {
  const { attempts, acceptedAt } = record
  const last = attempts.at(-1)
  if (outcomeOf(record) !== 'delivered' || !last) return undefined
  return last.startedAt + last.durationMs - acceptedAt
}
