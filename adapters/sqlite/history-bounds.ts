import type { RelayDatabase } from './relay-database.ts'
import { change } from './statement.ts'
import { CHUNK_ROWS, inPeace } from './sweep-pace.ts'

/** What is kept at most of the revisions of a cluster that were replaced. */
export interface HistoryBounds {
  readonly revisions: number
  readonly bytes: number
}

interface Replaced {
  readonly number: number
  readonly cluster: string
  readonly bytes: number
  readonly at: number
}

/**
 * Finds revisions that were replaced, the latest first. It reads no bodies: when one was replaced is in the index, and its
 * length at the begin of its row.
 */
const NEXT = `SELECT rowid AS number, cluster, octet_length(body) AS bytes, replaced_at AS at
  FROM config_revisions INDEXED BY config_revisions_replaced
  WHERE replaced_at IS NOT NULL AND replaced_at <= ?1 AND (replaced_at < ?1 OR rowid < ?2)
  ORDER BY replaced_at DESC, rowid DESC LIMIT ${CHUNK_ROWS}`

/** One that is in force again stays. */
const FORGET = 'DELETE FROM config_revisions WHERE rowid = ? AND replaced_at = ?'

/** Revisions that one change deletes: each may be a megabyte. */
export const REVISIONS_AT_ONCE = 5

/**
 * Deletes the revisions of each cluster that were replaced first, beyond what its bounds allow, a few at a time; others use
 * the database in between. Resolves with the number.
 */
export async function forgetBeyond(
  database: Pick<RelayDatabase, 'read' | 'write'>,
  bounds: HistoryBounds,
): Promise<number> {
  const kept = new Map<string, HistoryBounds>()
  let deleted = 0
  let from = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
  for (;;) {
    const after = from
    const rows = await inPeace(() => database.read<Replaced>(NEXT, ...after))
    const beyond = rows.filter((row) => isBeyond(row, kept, bounds))
    for (let begin = 0; begin < beyond.length; begin += REVISIONS_AT_ONCE) {
      const some = beyond.slice(begin, begin + REVISIONS_AT_ONCE)
      await inPeace(() => database.write(some.map(({ number, at }) => change(FORGET, number, at))))
    }
    deleted += beyond.length
    const last = rows.at(-1)
    if (last === undefined) return deleted
    from = [last.at, last.number]
  }
}

/** Counts a revision among those of its cluster, and says whether it is beyond the bounds of these. */
function isBeyond(
  { cluster, bytes }: Replaced,
  kept: Map<string, HistoryBounds>,
  bounds: HistoryBounds,
): boolean {
  const before = kept.get(cluster)
  const counted = { revisions: (before?.revisions ?? 0) + 1, bytes: (before?.bytes ?? 0) + bytes }
  kept.set(cluster, counted)
  return counted.revisions > bounds.revisions || counted.bytes > bounds.bytes
}
