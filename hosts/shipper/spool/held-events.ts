import type { Tables } from './guarded-database.ts'

/** What an event that is held back is made from: a Kubernetes Event, or the status of its object. */
export type HeldSource = 'watch' | 'status'

/** Why an event that is in the spool is not sent yet. */
export interface Hold {
  /** The involved object's kind, namespace and name. */
  readonly object: string
  readonly source: HeldSource
  /** Of `occurrences`; null for what is made from a status. */
  readonly occurrence: number | null
  /** When it occurred, in milliseconds since the epoch. */
  readonly at: number
  /** What is compared: reason and message, or for a status the state of the object. */
  readonly said: string
  /** Its metadata are not known, and the status of the object may tell them. */
  readonly isUnsure: boolean
  /** Whether it waits for the post of its controller. */
  readonly isForPost: boolean
  /** How long it is held at most. */
  readonly waitMs: number
}

export interface HeldEvent extends Hold {
  /** Its place in the order of arrival. */
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
/** Also when the clock was set back, by which nothing may be held for longer. */
const IS_DUE = '(held_at + wait_ms <= ?1 OR held_at > ?1)'
/** Later Events of an object wait behind the first. */
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
 * Which of the events in the spool are held back. They keep their place in the order, count as all
 * others do, and are still held after a crash. What changes it is called within a write.
 */
export class HeldEvents {
  readonly #tables: Tables
  /** False only when there are none for certain: then a post needs no look at the table. */
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

  /** In their order. */
  ofObject(object: string): readonly HeldEvent[] {
    if (!this.#mayHold) return []
    return this.#tables.all<Row>(OF_OBJECT, object).map(heldEvent)
  }

  /** Those that are to be sent now; a thousand at most. */
  due(now: number): readonly HeldEvent[] {
    this.#mayHold = this.#tables.get(ANY) !== undefined
    return this.#tables.all<Row>(DUE, now).map(heldEvent)
  }

  /** Its metadata are known now; it is held for nothing but a post. */
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
