import type { Tables } from './guarded-database.ts'

/**
 * The most events that are kept, and the most bytes of their JSON text. The oldest are deleted
 * first.
 */
const MAX_KEPT = 1_000
const MAX_KEPT_BYTES = 16 * 1024 * 1024

const INSERT = 'INSERT INTO refused (refused_at, bytes, error, body) VALUES (?, ?, ?, ?)'
/**
 * Counts the events. They are deleted in the order in which they came, so there is no gap between
 * the first and the last.
 */
const COUNT = `SELECT COALESCE((SELECT MAX(seq) FROM refused) - (SELECT MIN(seq) FROM refused) + 1, 0)
  AS count`
const TRIM = `DELETE FROM refused WHERE seq IN (
  SELECT seq FROM (
    SELECT seq, ROW_NUMBER() OVER newest AS place, SUM(bytes) OVER newest AS total FROM refused
    WINDOW newest AS (ORDER BY seq DESC)
  ) WHERE place > ? OR total > ?)`

/** The events that the relay will never accept, kept for people to look at. */
export class RefusedEvents {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** Stores an event as JSON text. Call it within a write. */
  insert(body: string, error: string, now: number): void {
    this.#tables.run(INSERT, now, Buffer.byteLength(body), error, body)
  }

  /** Deletes the oldest events beyond the bounds. Call it within a write. */
  trim(): void {
    this.#tables.run(TRIM, MAX_KEPT, MAX_KEPT_BYTES)
  }

  count(): number {
    return this.#tables.get<{ count: number }>(COUNT)?.count ?? 0
  }
}
