import type { Tables } from './guarded-database.ts'

/** Most events that are kept, and most bytes of their JSON text; the oldest go first. */
const MAX_KEPT = 1_000
const MAX_KEPT_BYTES = 16 * 1024 * 1024

const INSERT = 'INSERT INTO refused (refused_at, bytes, error, body) VALUES (?, ?, ?, ?)'
/** They leave in the order in which they came, so there is no gap between the first and the last. */
const COUNT = `SELECT COALESCE((SELECT MAX(seq) FROM refused) - (SELECT MIN(seq) FROM refused) + 1, 0)
  AS count`
const TRIM = `DELETE FROM refused WHERE seq IN (
  SELECT seq FROM (
    SELECT seq, ROW_NUMBER() OVER newest AS place, SUM(bytes) OVER newest AS total FROM refused
    WINDOW newest AS (ORDER BY seq DESC)
  ) WHERE place > ? OR total > ?)`

/** The events that the relay will never take, for a person to look at. */
export class RefusedEvents {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** Keeps an event, JSON text; within a write. */
  insert(body: string, error: string, now: number): void {
    this.#tables.run(INSERT, now, Buffer.byteLength(body), error, body)
  }

  /** Forgets the oldest beyond the bounds; within a write. */
  trim(): void {
    this.#tables.run(TRIM, MAX_KEPT, MAX_KEPT_BYTES)
  }

  count(): number {
    return this.#tables.get<{ count: number }>(COUNT)?.count ?? 0
  }
}
