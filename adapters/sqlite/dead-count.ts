import type { RelayDatabase } from './relay-database.ts'

/** The most that are counted: it takes some milliseconds in which the database does nothing else. */
export const MOST_COUNTED = 10_000

/** The index of the outcomes knows the uncommon ones only, and the query has to say so. */
const COUNT_DEAD = `SELECT COUNT(*) AS count FROM (
    SELECT 1 FROM ledger INDEXED BY ledger_by_outcome
    WHERE outcome = 'dead' AND outcome <> 'delivered' LIMIT ${MOST_COUNTED})`

/** How many deliveries are dead and not dismissed; `MOST_COUNTED` when there are more. */
export async function countDead(database: Pick<RelayDatabase, 'read'>): Promise<number> {
  const [row] = await database.read<{ count: number }>(COUNT_DEAD)
  return row?.count ?? 0
}
