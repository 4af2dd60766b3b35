import type { Tables } from './guarded-database.ts'

/** A controller that posted within this time is one that posts. */
const RECENT_MS = 600_000

/** A time is written anew after this; what is written at each post is the event alone. */
const GRANULARITY_MS = 10_000

const READ = 'SELECT posted_at AS at FROM posters WHERE controller = ?'
const WRITE = `INSERT INTO posters (controller, posted_at) VALUES (?, ?)
  ON CONFLICT (controller) DO UPDATE SET posted_at = excluded.posted_at`

/** When each controller posted for the last time. */
export class Posters {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** Within a write. */
  note(controller: string, now: number): void {
    const at = this.#lastAt(controller)
    if (at !== undefined && at <= now && now - at < GRANULARITY_MS) return
    this.#tables.run(WRITE, controller, now)
  }

  hasPosted(controller: string, now: number): boolean {
    const at = this.#lastAt(controller)
    // The clock may have been set back.
    return at !== undefined && Math.abs(now - at) <= RECENT_MS
  }

  #lastAt(controller: string): number | undefined {
    return this.#tables.get<{ at: number }>(READ, controller)?.at
  }
}
