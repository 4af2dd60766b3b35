import type { Tables } from './guarded-database.ts'

/** What a held event was made from: a Kubernetes Event, or the status of its object. */
export type HeldSource = 'watch' | 'status'

/** Why an event in the spool is not sent yet. */
export interface Hold {
  /** The key of the object: the involved object's kind, namespace and name. */
  readonly object: string
  readonly source: HeldSource
  /** Its row in `occurrences`; null for an event that was made from a status. */
  readonly occurrence: number | null
  /** When it occurred, in milliseconds since the epoch. */
  readonly at: number
  /**
   * The text that is compared: a hash of reason and message, or for a status the state of the
   * object.
   */
  readonly said: string
  /** Whether its metadata are not known. The status of the object may tell them. */
  readonly isUnsure: boolean
  /** Whether it waits for the post of its controller. */
  readonly isForPost: boolean
  /** The longest time for which it is held, in milliseconds. */
  readonly waitMs: number
}

export interface HeldEvent extends Hold {
  /** The sequence: its place in the order of arrival. */
  readonly sequence: number
}

interface Row extends Omit<HeldEvent, 'isUnsure' | 'isForPost'> {
  readonly isUnsure: number
  readonly isForPost: number
}

const COLUMNS = `seq AS sequence, object, source, occurrence, occurred_at AS at, said,
  is_unsure AS isUnsure, for_post AS isForPost, wait_ms AS waitMs`
const INSERT = `INSERT INTO held_events
  (seq, object, source, occurrence, occurred_at, said, is_unsure, for_post, held_at, wait_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
const ANY = 'SELECT 1 FROM held_events LIMIT 1'
const OF_OBJECT = `SELECT ${COLUMNS} FROM held_events WHERE object = ? ORDER BY seq`
/**
 * Selects what was held long enough, and what seems to be held since a later time: the clock was
 * set back, and must not prolong the wait.
 */
const IS_DUE = '(held_at + wait_ms <= ?1 OR held_at > ?1)'
/** Selects held events that are due. Later Events of an object wait behind its first. */
const DUE = `SELECT ${COLUMNS} FROM held_events AS held WHERE ${IS_DUE} AND (source = 'status' OR NOT EXISTS (
    SELECT 1 FROM held_events AS earlier
    WHERE earlier.object = held.object AND earlier.seq < held.seq AND earlier.source = 'watch'
      AND NOT (earlier.held_at + earlier.wait_ms <= ?1 OR earlier.held_at > ?1)))
  ORDER BY seq LIMIT 1000`
const RESOLVE = `UPDATE held_events SET is_unsure = 0, wait_ms = IIF(for_post = 1, wait_ms, 0)
  WHERE seq = ?`
const RELEASE = 'DELETE FROM held_events WHERE seq IN (SELECT value FROM json_each(?))'
const FORGET_GONE = 'DELETE FROM held_events WHERE seq NOT IN (SELECT seq FROM events)'

/**
 * The held events of the spool. They keep their place in the order, count as all others do, and are
 * still held after a crash. Call what changes them within a write.
 */
export class HeldEvents {
  readonly #tables: Tables
  /** False only when it is certain that nothing is held: then a post need not read the table. */
  #mayHold = true

  constructor(tables: Tables) {
    this.#tables = tables
  }

  hold(sequence: number, hold: Hold, now: number): void {
    const { object, source, occurrence, at, said, isUnsure, isForPost, waitMs } = hold
    this.#mayHold = true
    const flags = [Number(isUnsure), Number(isForPost)] as const
    this.#tables.run(INSERT, sequence, object, source, occurrence, at, said, ...flags, now, waitMs)
  }

  /** The held events of an object, in their order. */
  ofObject(object: string): readonly HeldEvent[] {
    if (!this.#mayHold) return []
    return this.#tables.all<Row>(OF_OBJECT, object).map(heldEvent)
  }

  /** Whether events are to be sent now. Call it outside of writes: what it sees there may be undone. */
  isAnyDue(now: number): boolean {
    this.#mayHold = this.#tables.get(ANY) !== undefined
    return this.#mayHold && this.due(now).length > 0
  }

  /** The events that are to be sent now; at most a thousand. */
  due(now: number): readonly HeldEvent[] {
    return this.#tables.all<Row>(DUE, now).map(heldEvent)
  }

  /** Notes that the event's metadata are known now. It is held only for a post from now on. */
  resolve(sequence: number): void {
    this.#tables.run(RESOLVE, sequence)
  }

  release(sequences: readonly number[]): void {
    this.#tables.run(RELEASE, JSON.stringify(sequences))
  }

  /** Forgets events that left the spool without being released. */
  forgetGone(): void {
    this.#tables.run(FORGET_GONE)
  }
}

function heldEvent({ isUnsure, isForPost, ...row }: Row): HeldEvent {
  return { ...row, isUnsure: isUnsure === 1, isForPost: isForPost === 1 }
}
