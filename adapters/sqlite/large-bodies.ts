import { hasId } from './id-index.ts'
import type { RelayDatabase } from './relay-database.ts'

/** A body of more bytes is large: some ten times what an ordinary event has. */
export const LARGE_BYTES = 16 * 1024

/**
 * The most bytes of the large bodies that are leased at once, of which each cluster has a share: the half, while it
 * is alone. An event takes about five times its size while it is dispatched. What is not large is bounded by
 * its number.
 */
export const LARGE_BYTES_LEASED = 32 * 1024 * 1024

const LARGE_ONES = `SELECT l.id, COALESCE(octet_length(e.body), octet_length(l.body)) AS bytes
  FROM json_each(?1)
    CROSS JOIN ledger AS l ON ${hasId('json_each.value', 'l')}
    LEFT JOIN events AS e ON e.seq = l.event_seq
  WHERE COALESCE(octet_length(e.body), octet_length(l.body)) > ?2`

/** The bytes of the events of those of these records that have large ones, by their ids. Rejects when the store fails. */
export async function largeBytesOf(
  database: Pick<RelayDatabase, 'read'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map()
  const rows = await database.read<{ id: string; bytes: number }>(
    LARGE_ONES,
    JSON.stringify(ids),
    LARGE_BYTES,
  )
  return new Map(rows.map(({ id, bytes }) => [id, bytes]))
}
