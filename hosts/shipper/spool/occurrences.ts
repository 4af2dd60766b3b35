import type { Tables } from './guarded-database.ts'

/** Where an event came from: posted by its controller, or as a Kubernetes Event. */
export type Source = 'sink' | 'watch'

/** What two reports of one thing have in common. */
export interface Occurrence {
  /** Hash of the involved object's names, the reason and the message. */
  readonly key: string
  /** Of the involved object; empty when it is not known. */
  readonly uid: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** More than 1 when Kubernetes counted several and told them together. */
  readonly count: number
}

/** What a report is: the first of its occurrence, or the other one of these. */
export type Admitted =
  | { readonly isNew: true; readonly number: number }
  | { readonly isNew: false; readonly matched: readonly number[] }

/** The two reports of one occurrence have times as near as this. */
const WINDOW_MS = 5_000

/** A report comes later than the other by minutes at most. */
const KEPT_MS = 2 * 3_600_000
const MAX_KEPT = 200_000
/** Beyond these bounds some more are kept for a while. */
const TRIM_INTERVAL = 32

/** Of almost every report there is none; then what follows is not needed, which takes far longer. */
const ANY = `SELECT 1 FROM occurrences
  WHERE key = ?1 AND occurred_at BETWEEN ?2 - ${WINDOW_MS} AND ?2 + ${WINDOW_MS} AND source <> ?3`
/** First those that a repeat of the same post matched before; then the oldest. */
const MATCH = `UPDATE occurrences SET matched_at = ?3 WHERE seq IN (
  SELECT seq FROM occurrences
  WHERE key = ?1 AND occurred_at BETWEEN ?3 - ${WINDOW_MS} AND ?3 + ${WINDOW_MS}
    AND source <> ?4 AND (uid = ?2 OR '' IN (uid, ?2))
    AND (matched_at IS NULL OR is_merged = 1 OR (matched_at = ?3 AND ?4 = 'sink'))
  ORDER BY matched_at IS NOT ?3, is_merged, occurred_at, seq LIMIT ?5) RETURNING seq`
/** From now on it stands for the one report that it was matched to. */
const SINGLE_OUT = 'UPDATE occurrences SET is_merged = 0 WHERE seq = ?'
const FORGET = 'DELETE FROM occurrences WHERE seq = ?'
const REMEMBER = `INSERT INTO occurrences
  (kept_at, key, uid, source, occurred_at, is_merged) VALUES (?, ?, ?, ?, ?, ?)`
/** Twice what came since the last time, so that there are soon few again, and no write takes long. */
const TRIM = `DELETE FROM occurrences
  WHERE seq IN (SELECT seq FROM occurrences ORDER BY seq LIMIT ${2 * TRIM_INTERVAL})
    AND (kept_at < ? OR seq <= ? - ${MAX_KEPT})`

/**
 * The events that were kept of late, so that one which both sources report is not sent twice. Each
 * stands for one report of the other source, and for its repeats; one that tells several
 * occurrences together, for all of them.
 */
export class Occurrences {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /**
   * Whether this report of `source` is new; then it is remembered, and the number of the memory is
   * given. Else those that it is the other report of. Within a write.
   */
  admit(source: Source, occurrence: Occurrence, now: number): Admitted {
    const matched = this.#match(source, occurrence)
    if (matched.length > 0) return { isNew: false, matched }
    const { key, uid, at, count } = occurrence
    const isMerged = count > 1 ? 1 : 0
    const { lastRowId } = this.#tables.run(REMEMBER, now, key, uid, source, at, isMerged)
    if (lastRowId % TRIM_INTERVAL === 0) this.#tables.run(TRIM, now - KEPT_MS, lastRowId)
    return { isNew: true, number: lastRowId }
  }

  /** A report that stood for several gave way to the post of one of them; within a write. */
  singleOut(number: number): void {
    this.#tables.run(SINGLE_OUT, number)
  }

  /** The report does not stand for one of the other source any more; within a write. */
  forget(number: number): void {
    this.#tables.run(FORGET, number)
  }

  #match(source: Source, { key, uid, at, count }: Occurrence): readonly number[] {
    if (this.#tables.get(ANY, key, at, source) === undefined) return []
    return this.#tables
      .all<{ seq: number }>(MATCH, key, uid, at, source, count)
      .map(({ seq }) => seq)
  }
}
