import type { RelayDatabase } from './relay-database.ts'

/**
 * Jumps from one cluster to the next, so that it costs nothing how much there is of each. A test of a
 * Provider has no row of an event.
 */
const LATEST = `WITH RECURSIVE found (cluster) AS (
    SELECT MIN(cluster) FROM ledger
    UNION ALL
    SELECT (SELECT MIN(cluster) FROM ledger WHERE cluster > found.cluster)
    FROM found WHERE found.cluster IS NOT NULL
  )
  SELECT cluster, (SELECT accepted_at FROM ledger
    WHERE cluster = found.cluster AND event_seq > 0 ORDER BY accepted_at DESC LIMIT 1) AS at
  FROM found WHERE cluster IS NOT NULL`

/** The index of the outcomes knows the uncommon ones only, and the query has to say so. */
const OLDEST_OPEN = `SELECT MIN(accepted_at) AS at FROM ledger INDEXED BY ledger_by_outcome
  WHERE outcome = 'retry' AND outcome <> 'delivered'`

/** When the last event of each cluster was accepted, in milliseconds since the epoch, as far as there are records. */
export async function latestAccepted(
  database: Pick<RelayDatabase, 'read'>,
): Promise<ReadonlyMap<string, number>> {
  const rows = await database.read<{ cluster: string; at: number | null }>(LATEST)
  return new Map(rows.flatMap(({ cluster, at }) => (at === null ? [] : [[cluster, at] as const])))
}

/**
 * When the event of the oldest delivery was accepted that waits for its next try, in milliseconds since
 * the epoch; undefined when none waits.
 */
export async function oldestWaiting(
  database: Pick<RelayDatabase, 'read'>,
): Promise<number | undefined> {
  const [row] = await database.read<{ at: number | null }>(OLDEST_OPEN)
  return row?.at ?? undefined
}
