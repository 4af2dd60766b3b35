import type { Database } from './database.ts'

/** Rows in one transaction of a sweep, so that it holds nobody up for long. */
const CHUNK_ROWS = 500

const DELETE_EXPIRED = {
  event_ids: `DELETE FROM event_ids WHERE id IN
    (SELECT id FROM event_ids WHERE expires_at <= ? ORDER BY expires_at LIMIT ${CHUNK_ROWS})`,
  ledger: `DELETE FROM ledger WHERE rowid IN
    (SELECT rowid FROM ledger WHERE expires_at <= ? ORDER BY expires_at LIMIT ${CHUNK_ROWS})`,
  quarantine: `DELETE FROM quarantine WHERE id IN
    (SELECT id FROM quarantine WHERE expires_at <= ? ORDER BY expires_at LIMIT ${CHUNK_ROWS})`,
  state: `DELETE FROM state WHERE key IN
    (SELECT key FROM state WHERE expires_at <= ? ORDER BY expires_at LIMIT ${CHUNK_ROWS})`,
} as const

/**
 * Deletes what expired at or before `now` (milliseconds since the epoch), in chunks between which
 * other work goes on. Resolves with the number of rows.
 */
export async function deleteExpired(
  database: Database,
  table: keyof typeof DELETE_EXPIRED,
  now: number,
): Promise<number> {
  let deleted = 0
  for (;;) {
    const { count } = await database.write(() => database.run(DELETE_EXPIRED[table], now))
    deleted += count
    if (count < CHUNK_ROWS) return deleted
  }
}
