import type { Tables } from './guarded-database.ts'

/** How long a controller counts as one that posts after its last post. */
const RECENT_MS = 600_000

/** How old a stored time must be to be written again. Otherwise a post only writes its event. */
const GRANULARITY_MS = 10_000

/** The most controllers that are remembered. Flux has six. */
const MAX_CONTROLLERS = 1_000

const FORGET_OLD = 'DELETE FROM posters WHERE posted_at < ?'
const READ = 'SELECT posted_at AS at FROM posters WHERE controller = ?'
const WRITE = `INSERT INTO posters (controller, posted_at) VALUES (?, ?)
  ON CONFLICT (controller) DO UPDATE SET posted_at = excluded.posted_at`

/** When each controller posted for the last time. */
export class Posters {
  readonly #tables: Tables
  /** The times as they were written, so that a post need not read the table. */
  readonly #written = new Map<string, number>()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /**
   * Notes a post. Call it within a write. If that is undone, the next one within seconds makes up
   * for it.
   */
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
