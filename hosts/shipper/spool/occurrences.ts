import { hashParts } from '../../../relay/model/hash.ts'
import type { Tables } from './guarded-database.ts'

/** The source of a report: `sink` for a post of the controller, `watch` for a Kubernetes Event. */
export type ReportSource = 'sink' | 'watch'

/** What two reports of one thing have in common. */
export interface Occurrence {
  /** The hash of the involved object's names, the reason and the message. */
  readonly key: string
  /** The UID of the involved object; empty when it is not known. */
  readonly uid: string
  /** When it occurred, in milliseconds since the epoch. */
  readonly at: number
  /** The number of occurrences. Kubernetes may count several and report them together. */
  readonly count: number
}

/** The state of an object. */
export interface SentState {
  /** The key of the object: kind, namespace and name. */
  readonly object: string
  /** The text that identifies the state. */
  readonly state: string
  /** When the object came into it, in milliseconds since the epoch. */
  readonly at: number
}

/** What a report is: the first one of its occurrence, or the second one of these. */
export type Admitted =
  | { readonly isNew: true; readonly number: number }
  | { readonly isNew: false; readonly matched: readonly number[] }

/** The longest time between the two reports of one occurrence. */
const WINDOW_MS = 5_000

/**
 * How long, and how many, reports are remembered. The second report comes some minutes later at
 * most.
 */
const KEPT_MS = 2 * 3_600_000
const MAX_KEPT = 200_000
/** How many reports beyond these bounds are kept for a while. */
const TRIM_INTERVAL = 32

/**
 * Selects any report from the other source. Almost always there is none, and the slower statements
 * below are not needed.
 */
const ANY = `SELECT 1 FROM occurrences
  WHERE key = ?1 AND occurred_at BETWEEN ?2 - ${WINDOW_MS} AND ?2 + ${WINDOW_MS} AND source <> ?3`
/**
 * Matches reports of the other source: first those that a repeat of the same post matched before,
 * and then the oldest.
 */
const MATCH = `UPDATE occurrences SET matched_at = ?3 WHERE seq IN (
  SELECT seq FROM occurrences
  WHERE key = ?1 AND occurred_at BETWEEN ?3 - ${WINDOW_MS} AND ?3 + ${WINDOW_MS}
    AND source <> ?4 AND (uid = ?2 OR '' IN (uid, ?2))
    AND (matched_at IS NULL OR is_merged = 1 OR (matched_at = ?3 AND ?4 = 'sink'))
  ORDER BY matched_at IS NOT ?3, is_merged, occurred_at, seq LIMIT ?5) RETURNING seq`
/** Makes a report stand for the one report that it was matched to. */
const SINGLE_OUT = 'UPDATE occurrences SET is_merged = 0 WHERE seq = ?'
const FORGET = 'DELETE FROM occurrences WHERE seq = ?'
/** Whether a state of an object was sent as a status tells it. */
const IS_STATE_SENT = `SELECT 1 FROM occurrences
  WHERE key = ?1 AND occurred_at BETWEEN ?2 - ${WINDOW_MS} AND ?2 + ${WINDOW_MS} AND source = 'status'`
const REMEMBER = `INSERT INTO occurrences
  (kept_at, key, uid, source, occurred_at, is_merged) VALUES (?, ?, ?, ?, ?, ?)`
/**
 * Deletes twice as many as came since the last time, so that the number soon falls and no write
 * takes long.
 */
const TRIM = `DELETE FROM occurrences
  WHERE seq IN (SELECT seq FROM occurrences ORDER BY seq LIMIT ${2 * TRIM_INTERVAL})
    AND (kept_at < ? OR seq <= ? - ${MAX_KEPT})`

/**
 * The recent reports, so that an event that both sources report is not sent twice. Each stands for
 * one report of the other source and its repeats. A report of several occurrences stands for all of
 * theirs.
 */
export class Occurrences {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /**
   * Whether this report of `source` is new. A new report is remembered, and its number returned;
   * otherwise the numbers of the reports that it matches are. Call it within a write.
   */
  admit(source: ReportSource, occurrence: Occurrence, now: number): Admitted {
    const matched = this.#match(source, occurrence)
    if (matched.length > 0) return { isNew: false, matched }
    return { isNew: true, number: this.#remember(source, occurrence, now) }
  }

  /** Remembers that a state was sent as a status tells it. Call it within a write. */
  noteState(state: SentState, now: number): void {
    this.#remember('status', { key: keyOfState(state), uid: '', at: state.at, count: 1 }, now)
  }

  /** Whether a state was sent as a status tells it, near to this time. */
  isStateSent(state: SentState): boolean {
    return this.#tables.get(IS_STATE_SENT, keyOfState(state), state.at) !== undefined
  }

  /**
   * Makes a report of several occurrences stand for one, because the post of one replaced it. Call
   * it within a write.
   */
  singleOut(number: number): void {
    this.#tables.run(SINGLE_OUT, number)
  }

  /** Forgets a report, so that it matches none of the other source. Call it within a write. */
  forget(number: number): void {
    this.#tables.run(FORGET, number)
  }

  #remember(
    source: ReportSource | 'status',
    { key, uid, at, count }: Occurrence,
    now: number,
  ): number {
    const isMerged = count > 1 ? 1 : 0
    const { lastRowId } = this.#tables.run(REMEMBER, now, key, uid, source, at, isMerged)
    if (lastRowId % TRIM_INTERVAL === 0) this.#tables.run(TRIM, now - KEPT_MS, lastRowId)
    return lastRowId
  }

  #match(source: ReportSource, { key, uid, at, count }: Occurrence): readonly number[] {
    if (this.#tables.get(ANY, key, at, source) === undefined) return []
    return this.#tables
      .all<{ seq: number }>(MATCH, key, uid, at, source, count)
      .map(({ seq }) => seq)
  }
}

function keyOfState({ object, state }: SentState): string {
  return hashParts('state', object, state)
}
