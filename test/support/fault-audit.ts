import type { SQSRecord } from 'aws-lambda'
import { type Books, findUnaccounted } from '../crash/accounting.ts'
import { entryOf } from '../crash/entries.ts'
import type { SentEvent } from '../crash/events.ts'
import type { Journal } from '../crash/journal.ts'
import type { Arrival } from '../crash/sink.ts'
import { findUnreceived, findWrongStatuses } from '../crash/sink-audit.ts'
import type { ShownRecord } from './delivery-records.ts'

/** A batch that a container was handed. Times count what happened, in its order. */
export interface Invocation {
  readonly records: readonly SQSRecord[]
  readonly startedAt: number
  endedAt: number
}

/** A decision about a Delivery that is in the ledger, and when it was. */
export interface Decided {
  readonly record: ShownRecord
  readonly at: number
}

/** What a campaign has seen so far. */
export interface Evidence {
  readonly accepted: readonly SentEvent[]
  readonly made: ReadonlyMap<string, SentEvent>
  /** Messages of accepted events that left the queue. */
  readonly acknowledged: ReadonlySet<string>
  /** Messages of events that came again after newer ones; a record may count such a one twice. */
  readonly stray: ReadonlySet<string>
  readonly journal: Journal
  readonly decided: readonly Decided[]
  readonly invocations: readonly Invocation[]
}

/** What breaks the ledger invariant at this moment. */
export function auditLedger(
  { accepted, made, acknowledged, stray }: Evidence,
  records: readonly ShownRecord[],
  retrying: Books['retrying'],
): readonly string[] {
  return findUnaccounted({
    acknowledged: accepted,
    made,
    entries: records.map(entryOf),
    queued: new Set(accepted.map(({ message }) => message).filter((m) => !acknowledged.has(m))),
    retrying,
    forgottenMeanwhile: stray,
  })
}

/** What is wrong with what the sinks got in the end, when `disturbances` can explain a repeat each. */
export function auditSinks(
  evidence: Evidence,
  records: readonly ShownRecord[],
  disturbances: number,
): readonly string[] {
  const { journal, accepted, made } = evidence
  const books = { journal, entries: records.map(entryOf), acknowledged: accepted, made }
  const repeats = countRepeats(journal.arrivals)
  return [
    ...findUnreceived(books),
    ...findWrongStatuses(books),
    ...findSentAgain(evidence),
    ...(repeats > disturbances ? [`${repeats} repeats after ${disturbances} disturbances`] : []),
  ]
}

/** Requests that a webhook confirmed more often than once for one Delivery. */
export function countRepeats(arrivals: readonly Arrival[]): number {
  const confirmed = arrivals.filter((arrival) => arrival.isConfirmed && arrival.webhookId)
  return confirmed.length - new Set(confirmed.map(({ webhookId }) => webhookId)).size
}

/**
 * Webhooks that were sent although the ledger had them as delivered. That may be only when two had
 * the message at the same time, and one of them did not know yet.
 */
function findSentAgain({ journal, decided, invocations }: Evidence): readonly string[] {
  return decided.flatMap(({ record, at }) => {
    if (record.outcome !== 'delivered') return []
    const later = journal.arrivals.filter(
      (arrival) => arrival.webhookId === record.id && arrival.at > at,
    )
    const concurrent = invocations.filter(
      ({ startedAt, endedAt }) => startedAt < at && at < endedAt,
    )
    const handled = concurrent.flatMap(({ records }) =>
      records.filter((one) => isAbout(one, record)),
    )
    const lastEnd = Math.max(0, ...concurrent.map(({ endedAt }) => endedAt))
    return later
      .filter((arrival) => handled.length < 2 || arrival.at > lastEnd)
      .map(() => `sent though the ledger had it as delivered: ${record.event.message}`)
  })
}

function isAbout({ body }: SQSRecord, { id, eventId }: ShownRecord): boolean {
  return body.includes(id) || body.includes(eventId)
}
