import type { AcceptedEvent } from '../../relay/model/queue-messages.ts'
import { eventBody } from './event-row.ts'
import { hasId } from './id-index.ts'
import type { RelayDatabase } from './relay-database.ts'
import { change, type UnitResult, type UnitStatement } from './statement.ts'

/** How long the id of a sent event is remembered: as long as SQS FIFO queues do. */
const DEDUPLICATION_MS = 5 * 60_000

/**
 * Inserts an event whose id was never accepted before, as nearly all are. Else the id is NULL, which the table refuses,
 * and nothing is inserted. An INSERT of a SELECT would keep a journal of its own
 * (findings/sqlite-insert-select-journal.sh). It uses all parameters of `INSERT_EVENT`, as it is given them.
 */
const INSERT_NEW_EVENT = `INSERT OR IGNORE INTO events (id, grp, accepted_at, queued, body)
  VALUES (CASE WHEN ?3 > ?5 AND NOT EXISTS (SELECT 1 FROM events WHERE ${hasId('?1')}) THEN ?1 END,
    ?2, ?3, 1, ?4)`

const INSERT_EVENT = `INSERT INTO events (id, grp, accepted_at, queued, body)
  SELECT ?1, ?2, ?3, 1, ?4
  WHERE NOT EXISTS (SELECT 1 FROM events WHERE ${hasId('?1')} AND accepted_at > ?5)
  RETURNING seq,
    NOT EXISTS (SELECT 1 FROM events AS e WHERE ${hasId('?1', 'e')} AND e.seq < events.seq) AS isNew`
const ADVANCE_ORDER_TIME = 'UPDATE order_time SET latest = ? WHERE latest < ?'

/** An event, and the body of its row. */
export interface SentEvent {
  readonly event: AcceptedEvent
  readonly body: string
}

export function withBody(event: AcceptedEvent): SentEvent {
  return { event, body: eventBody(event) }
}

/**
 * Queues each event, unless its id was sent a short while before `now` (ms since the epoch). All insertions come first,
 * so that the answer to each event has the event's place.
 */
export function insertions(sent: readonly SentEvent[], now: number): readonly UnitStatement[] {
  return [...sent.map((one) => insertion(one, now)), ...advances(sent)]
}

function insertion({ event, body }: SentEvent, now: number): UnitStatement {
  const { id, group, acceptedAt } = event
  const parameters = [id, group, acceptedAt, body, now - DEDUPLICATION_MS]
  return { first: INSERT_NEW_EVENT, sql: INSERT_EVENT, parameters, returns: true }
}

/**
 * Keeps the order times that are ahead of the clock, because it was set back. Of all others the time
 * of acceptance, which the events have, says as much.
 */
function advances(sent: readonly SentEvent[]): readonly UnitStatement[] {
  const ahead = sent.flatMap(({ event: { orderTime = 0, acceptedAt } }) =>
    orderTime > acceptedAt ? [orderTime] : [],
  )
  if (ahead.length === 0) return []
  const latest = Math.max(...ahead)
  return [change(ADVANCE_ORDER_TIME, latest, latest)]
}

/** A row of an event that was queued. */
export interface Inserted {
  readonly seq: number
  /** 1 when there is no other event with its id, and 0 otherwise. */
  readonly isNew: number
}

/** What the statement at this index inserted; undefined for a duplicate. */
export function insertedAt(result: UnitResult, at: number): Inserted | undefined {
  const rows = result.kind === 'done' ? (result.changed[at]?.rows ?? []) : []
  const [row] = rows as readonly (number | Inserted)[]
  return typeof row === 'number' ? { seq: row, isNew: 1 } : row
}

const LATEST_ORDER_TIME = `SELECT MAX(latest, COALESCE(
    (SELECT accepted_at FROM events ORDER BY seq DESC LIMIT 1), 0)) AS latest FROM order_time`

/**
 * The latest order time of all events that were ever inserted, in milliseconds since the epoch, or the time at
 * which the last one was accepted, if that is later.
 */
export async function readLatestOrderTime(database: Pick<RelayDatabase, 'read'>): Promise<number> {
  const [row] = await database.read<{ latest: number }>(LATEST_ORDER_TIME)
  return row?.latest ?? 0
}
