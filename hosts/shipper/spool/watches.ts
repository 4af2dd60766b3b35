import type { Tables } from './guarded-database.ts'

/** Stands for all kinds. */
export const ALL_KINDS = '*'

/** The position of the watch of a kind's Events. */
export interface Watch {
  /** When it was first started, in milliseconds since the epoch. */
  readonly beganAt: number
  /** All Events up to this resource version are on disk; null until the first list was read. */
  readonly resourceVersion: string | null
}

const READ = `SELECT began_at AS beganAt, resource_version AS resourceVersion FROM watches
  WHERE kind = ?`
const BEGIN = 'INSERT OR IGNORE INTO watches (kind, began_at) VALUES (?, ?)'
/**
 * Starts a kind at the position of the watch of all kinds: a resource version covers all Events,
 * whatever their kind.
 */
const INHERIT = `INSERT INTO watches (kind, began_at, resource_version)
  SELECT ?, began_at, resource_version FROM watches WHERE kind = '${ALL_KINDS}'
  ON CONFLICT (kind) DO UPDATE
  SET resource_version = COALESCE(excluded.resource_version, resource_version)`
const END_OTHERS = 'DELETE FROM watches WHERE kind NOT IN (SELECT value FROM json_each(?))'
const FORGET_OTHERS = 'DELETE FROM seen_events WHERE kind NOT IN (SELECT value FROM json_each(?))'
const FORGET_STATES = 'DELETE FROM told_states WHERE kind NOT IN (SELECT value FROM json_each(?))'
const MOVE = 'UPDATE watches SET resource_version = ? WHERE kind = ?'

/** The kinds whose Events are watched. */
export class Watches {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /**
   * Starts new watches, and forgets those that are no longer needed, with the Events that they saw.
   * A kind that was watched together with all others continues from there. Call it within a write.
   */
  begin(kinds: readonly string[], now: number): void {
    if (kinds.includes(ALL_KINDS)) {
      this.#tables.run(BEGIN, ALL_KINDS, now)
      return
    }
    for (const kind of kinds) {
      this.#tables.run(INHERIT, kind)
      this.#tables.run(BEGIN, kind, now)
    }
    const wanted = JSON.stringify(kinds)
    this.#tables.run(END_OTHERS, wanted)
    this.#tables.run(FORGET_OTHERS, wanted)
    this.#tables.run(FORGET_STATES, wanted)
  }

  read(kind: string): Watch | undefined {
    return this.#tables.get<Watch>(READ, kind)
  }

  /** Stores the position of a watch. Call it within a write. */
  moveTo(kind: string, resourceVersion: string): void {
    this.#tables.run(MOVE, resourceVersion, kind)
  }
}
