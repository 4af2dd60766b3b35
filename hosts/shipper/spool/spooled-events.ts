import type { Tables } from './guarded-database.ts'

/** An event that waits to be sent. */
export interface SpooledEvent {
  /** The sequence: its place in the order of arrival. */
  readonly sequence: number
  /** The event as JSON text. */
  readonly body: string
}

/** The length of a JSON text. */
export interface Sized {
  readonly bytes: number
}

/** A row without its body. */
export interface SpooledRow extends Sized {
  /** The sequence of the event: its place in the order of arrival. */
  readonly seq: number
  /** The version of its body. A body with a version above `BODY_VERSION` cannot be read. */
  readonly v: number
}

/**
 * How many events wait, their bytes, and how many of them only a later version of the shipper can
 * read.
 */
export interface SpoolTotals {
  readonly events: number
  readonly bytes: number
  readonly later: number
}

/**
 * The version of the bodies that are written, which is the latest that can be read. Version 0 is
 * what commit 591c4aa wrote. Both are an item of `POST /v1/clusters/{cluster}/events`.
 */
export const BODY_VERSION = 1

/** Whether only a later version of the shipper can read it. */
export function isLater({ v }: Pick<SpooledRow, 'v'>): boolean {
  return v > BODY_VERSION
}

const INSERT = `INSERT INTO events (accepted_at, bytes, body, v) VALUES (?, ?, ?, ${BODY_VERSION})`
const TOTALS = `SELECT COUNT(*) AS events, COALESCE(SUM(bytes), 0) AS bytes,
  COALESCE(SUM(v > ${BODY_VERSION}), 0) AS later FROM events`
const OLDEST = 'SELECT accepted_at AS at FROM events ORDER BY seq LIMIT 1'
const SIZES = `SELECT seq, bytes FROM events
  WHERE v <= ${BODY_VERSION} AND seq NOT IN (SELECT seq FROM held_events) ORDER BY seq LIMIT ?`
const BODIES = `SELECT seq AS sequence, body FROM events
  WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`
const DELETE = `DELETE FROM events WHERE seq IN (SELECT value FROM json_each(?)) RETURNING seq, bytes, v`
const BODY = `SELECT body, bytes FROM events WHERE seq = ? AND v <= ${BODY_VERSION}`
const REPLACE = `UPDATE events SET body = ?, bytes = ?, v = ${BODY_VERSION} WHERE seq = ?`
const DELETE_OLD = `DELETE FROM events WHERE seq IN
  (SELECT seq FROM events WHERE accepted_at < ? ORDER BY accepted_at LIMIT ?) RETURNING seq, bytes, v`
const LAST_SEQUENCE = 'SELECT COALESCE(MAX(seq), 0) AS seq FROM events'
const SHIFT = `UPDATE events SET accepted_at = accepted_at + ?
  WHERE seq <= ? OR accepted_at BETWEEN ? AND ?`

/** The table of the waiting events. Call what changes it within a write. */
export class SpooledEvents {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** Counts all events. */
  totals(): SpoolTotals {
    return this.#tables.get<SpoolTotals>(TOTALS) ?? { events: 0, bytes: 0, later: 0 }
  }

  /** When the oldest event was accepted, in milliseconds since the epoch. */
  oldestAt(): number | undefined {
    return this.#tables.get<{ at: number }>(OLDEST)?.at
  }

  /** The sequence of the latest event; 0 when there is none. */
  lastSequence(): number {
    return this.#tables.get<{ seq: number }>(LAST_SEQUENCE)?.seq ?? 0
  }

  /**
   * The oldest events that can be read and are not held: at most `maxEvents`, and as many as fit
   * into a JSON array of `maxBytes`, but at least one.
   */
  oldest(maxEvents: number, maxBytes: number): readonly SpooledEvent[] {
    const sizes = this.#tables.all<Sized & { readonly seq: number }>(SIZES, maxEvents)
    const count = countWithin(sizes, maxBytes)
    const sequences = sizes.slice(0, count).map(({ seq }) => seq)
    return this.#tables.all<SpooledEvent>(BODIES, JSON.stringify(sequences))
  }

  /** Inserts an event, and returns its sequence. */
  insert(body: string, bytes: number, now: number): number {
    return this.#tables.run(INSERT, now, bytes, body).lastRowId
  }

  delete(sequences: readonly number[]): readonly SpooledRow[] {
    return this.#tables.all<SpooledRow>(DELETE, JSON.stringify(sequences))
  }

  /** Reads an event; undefined when it is gone, or only a later version can read it. */
  read(sequence: number): (Sized & { readonly body: string }) | undefined {
    return this.#tables.get(BODY, sequence)
  }

  replace(sequence: number, body: string, bytes: number): void {
    this.#tables.run(REPLACE, body, bytes, sequence)
  }

  /** Deletes at most `limit` events that were accepted before `time`, and returns them. */
  deleteBefore(time: number, limit: number): readonly SpooledRow[] {
    return this.#tables.all<SpooledRow>(DELETE_OLD, time, limit)
  }

  /**
   * Moves accept times by `ms`: those of the events up to `sequence`, and of those that were
   * accepted between the two times.
   */
  shiftTimes(ms: number, sequence: number, from: number, to: number): void {
    this.#tables.run(SHIFT, ms, sequence, from, to)
  }
}

/** How many of the first events fit into a JSON array of `maxBytes`; at least one. */
function countWithin(sizes: readonly Sized[], maxBytes: number): number {
  // A bracket at each end, and a comma less than events.
  let total = 1
  const beyond = sizes.findIndex(({ bytes }) => {
    total += bytes + 1
    return total > maxBytes
  })
  return beyond < 0 ? sizes.length : Math.max(beyond, 1)
}
