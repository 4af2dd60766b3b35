import type { Tables } from './guarded-database.ts'

/** A controller that posted within this time is one that posts. */
const RECENT_MS = 600_000

/** A time is written anew after this; what is written at each post is the event alone. */
const GRANULARITY_MS = 10_000

/** Flux has six. */
const MAX_CONTROLLERS = 1_000

const FORGET_OLD = 'DELETE FROM posters WHERE posted_at < ?'
const READ = 'SELECT posted_at AS at FROM posters WHERE controller = ?'
const WRITE = `INSERT INTO posters (controller, posted_at) VALUES (?, ?)
  ON CONFLICT (controller) DO UPDATE SET posted_at = excluded.posted_at`

/** When each controller posted for the last time. */
export class Posters {
  readonly #tables: Tables
  /** As it was written last, or would have been, so that a post costs no look at the table. */
  readonly #written = new Map<string, number>()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** Within a write; one that is undone is made up for within seconds. */
  note(controller: string, now: number): void {
    const at = this.#written.get(controller)
    if (at !== undefined && at <= now && now - at < GRANULARITY_MS) return
    if (this.#written.size >= MAX_CONTROLLERS) this.#written.clear()
    this.#written.set(controller, now)
    this.#tables.run(FORGET_OLD, now - RECENT_MS)
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
