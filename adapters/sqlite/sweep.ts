import { hasId, ID_BEGINNING } from './id-index.ts'
import { prefixRange } from './prefix-range.ts'
import type { RelayDatabase } from './relay-database.ts'
import { type Changed, change, type UnitResult } from './statement.ts'
import { CHUNK_ROWS, inPeace } from './sweep-pace.ts'

/** The place of a record in the order of acceptance. */
interface RecordPlace {
  readonly at: number
  readonly row: number
}

const AFTER = 'accepted_at >= ?1 AND (accepted_at > ?1 OR rowid > ?2)'

/** Finds the last record of the next chunk; none when fewer are left. */
const END_OF_CHUNK = `SELECT accepted_at AS at, rowid AS row FROM ledger WHERE ${AFTER} AND accepted_at <= ?3
  ORDER BY accepted_at, rowid LIMIT 1 OFFSET ${CHUNK_ROWS - 1}`

/** A record expires after its last change, which is after its acceptance. */
const DELETE_RECORDS = `DELETE FROM ledger
  WHERE ${AFTER} AND accepted_at <= ?3 AND (accepted_at < ?3 OR rowid <= ?4) AND expires_at <= ?5
  RETURNING event_seq AS seq`

/**
 * How long an event's row is kept. The event may come again for some minutes, and is recognised by
 * its row.
 */
const KEPT_FOR_MS = 3_600_000

const DELETE_EVENTS = `DELETE FROM events
  WHERE seq IN (SELECT value FROM json_each(?)) AND queued = 0 AND accepted_at <= ?
    AND NOT EXISTS (SELECT 1 FROM ledger WHERE event_seq = seq)`

/** Deletes those of the events that are old, not queued, and without a record. */
async function deleteFree(
  database: RelayDatabase,
  seqs: readonly number[],
  now: number,
): Promise<number> {
  if (seqs.length === 0) return 0
  const unit = [change(DELETE_EVENTS, JSON.stringify(seqs), now - KEPT_FOR_MS)]
  return changedOf(await database.write(unit)).count
}

/**
 * Deletes the records that expired at or before `now` (milliseconds since the epoch), and the events
 * that nothing refers to any more, in chunks between which other work goes on. Resolves with the
 * number of records.
 */
export async function sweepLedger(
  database: RelayDatabase,
  now: number,
  retentionMs: number,
): Promise<number> {
  let deleted = 0
  const end = { at: now - retentionMs, row: Number.MAX_SAFE_INTEGER }
  // A record that changes again and again stays where it is among the oldest, so no chunk looks at it but its own.
  for (let from: RecordPlace = { at: 0, row: 0 }; ; ) {
    const { at, row } = from
    const last = await inPeace(async () => {
      const [next] = await database.read<RecordPlace>(END_OF_CHUNK, at, row, end.at)
      const to = next ?? end
      const chunk = { ...change(DELETE_RECORDS, at, row, to.at, to.row, now), returns: true }
      const { rows } = changedOf<{ seq: number }>(await database.write([chunk]))
      await deleteFree(
        database,
        rows.map(({ seq }) => seq),
        now,
      )
      deleted += rows.length
      return next
    })
    if (last === undefined) return deleted
    from = last
  }
}

const NEXT_KEYS = `SELECT key FROM state WHERE key > ? ORDER BY key LIMIT ${CHUNK_ROWS}`
const DELETE_STATE = 'DELETE FROM state WHERE key > ? AND key <= ? AND expires_at <= ?'

/** Deletes expired items of the State, in the way of `sweepLedger`. */
export async function sweepState(database: RelayDatabase, now: number): Promise<number> {
  let deleted = 0
  for (let from = ''; ; ) {
    const after = from
    const last = await inPeace(async () => {
      const keys = await database.read<{ key: string }>(NEXT_KEYS, after)
      const to = keys.at(-1)?.key
      if (to === undefined) return undefined
      deleted += changedOf(await database.write([change(DELETE_STATE, after, to, now)])).count
      return to
    })
    if (last === undefined) return deleted
    from = last
  }
}

const KEYS_OF_PREFIX = `SELECT key FROM state WHERE key >= ? AND key < ? ORDER BY key LIMIT ${CHUNK_ROWS}`
const DELETE_KEYS = 'DELETE FROM state WHERE key >= ? AND key <= ?'

/**
 * Deletes the items of the State whose keys begin with a text of ASCII characters, in the way of `sweepLedger`. Calls
 * `onDeleted` for each. Resolves with their number.
 */
export async function deleteState(
  database: RelayDatabase,
  prefix: string,
  onDeleted: (key: string) => void,
): Promise<number> {
  const [from, before] = prefixRange(prefix)
  for (let deleted = 0; ; ) {
    const keys = await inPeace(async () => {
      const found = await database.read<{ key: string }>(KEYS_OF_PREFIX, from, before)
      const last = found.at(-1)
      if (last) await database.write([change(DELETE_KEYS, from, last.key)])
      return found
    })
    for (const { key } of keys) onDeleted(key)
    deleted += keys.length
    if (keys.length < CHUNK_ROWS) return deleted
  }
}

/** Whether the delivery of a row of `quarantine` waits until that is put back. Nothing else brings it forward. */
export const DELIVERY_WAITS = `kind = 'retry' AND EXISTS (SELECT 1 FROM ledger AS l
    WHERE ${hasId('delivery_id', 'l')} AND l.attempt = quarantine.attempt
      AND l.due_at IS NULL AND l.outcome IN ('retry', 'held'))`

const DELETE_QUARANTINE = `DELETE FROM quarantine WHERE id IN
  (SELECT id FROM quarantine WHERE expires_at <= ? AND NOT (${DELIVERY_WAITS})
    ORDER BY expires_at LIMIT ${CHUNK_ROWS})`

/** Deletes expired messages of the quarantine for which no delivery waits, in the way of `sweepLedger`. */
export async function sweepQuarantine(database: RelayDatabase, now: number): Promise<number> {
  let deleted = 0
  for (;;) {
    const deletion = [change(DELETE_QUARANTINE, now)]
    const { count } = changedOf(await inPeace(() => database.write(deletion)))
    deleted += count
    if (count < CHUNK_ROWS) return deleted
  }
}

/** How many rows a sweep looks at. For a million events the sweeps take some hours. */
const WALKED_ROWS = 20_000

/** The events in the order of the index of their ids, which is a small part of what their rows take. */
const NEXT_EVENTS = `SELECT ${ID_BEGINNING} AS id, seq,
    NOT EXISTS (SELECT 1 FROM ledger WHERE event_seq = seq) AS isFree
  FROM events WHERE ${ID_BEGINNING} >= ?1 AND (${ID_BEGINNING} > ?1 OR seq > ?2)
  ORDER BY ${ID_BEGINNING}, seq LIMIT ${CHUNK_ROWS}`

interface EventPlace {
  /** The first characters of the event's id. */
  readonly id: string
  readonly seq: number
}

const FIRST: EventPlace = { id: '', seq: 0 }

/**
 * Finds the events that no record ever kept, such as those that only count as unchanged: some at
 * each call, round and round.
 */
export class EventSweep {
  readonly #database: RelayDatabase
  #place = FIRST

  constructor(database: RelayDatabase) {
    this.#database = database
  }

  /** Resolves with the number of events deleted. */
  async sweep(now: number): Promise<number> {
    let deleted = 0
    for (let walked = 0; walked < WALKED_ROWS; walked += CHUNK_ROWS) {
      const rows = await inPeace(async () => {
        const { id, seq } = this.#place
        const next = await this.#database.read<EventPlace & { isFree: number }>(
          NEXT_EVENTS,
          id,
          seq,
        )
        const free = next.flatMap((row) => (row.isFree === 1 ? row.seq : []))
        deleted += await deleteFree(this.#database, free, now)
        return next
      })
      this.#place = rows.at(-1) ?? FIRST
      if (rows.length < CHUNK_ROWS) break
    }
    return deleted
  }
}

function changedOf<Row>(result: UnitResult): Changed<Row> {
  const [changed] = result.kind === 'done' ? result.changed : []
  return (changed ?? { count: 0, rows: [] }) as Changed<Row>
}
