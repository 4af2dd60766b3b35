import type { RelayDatabase } from './relay-database.ts'

/** What is in the queue, leased messages included. Times are milliseconds since the epoch. */
export interface QueueDepth {
  readonly events: number
  readonly retries: number
  /** When the oldest event was accepted. */
  readonly oldestEventAt?: number
  /** When the retry that is due first is, or was, due. */
  readonly oldestRetryDueAt?: number
}

const ACCEPTED_AT = 'SELECT accepted_at AS at FROM events WHERE seq = ?'
const DUE = 'SELECT COUNT(*) AS count, MIN(due_at) AS at FROM ledger WHERE due_at IS NOT NULL'

/** `oldest`: the sequence of the first of the events. */
export async function readDepth(
  database: RelayDatabase,
  events: number,
  oldest: number | undefined,
): Promise<QueueDepth> {
  const [[event], [due]] = await Promise.all([
    oldest === undefined ? [] : database.read<{ at: number }>(ACCEPTED_AT, oldest),
    database.read<{ count: number; at: number | null }>(DUE),
  ])
  return {
    events,
    retries: due?.count ?? 0,
    ...(event && { oldestEventAt: event.at }),
    ...(typeof due?.at === 'number' && { oldestRetryDueAt: due.at }),
  }
}
