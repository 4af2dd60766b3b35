import type { Tables } from './guarded-database.ts'

/** In the place of a kind: all of them. */
export const ALL_KINDS = '*'

/** How far the watch of a kind's Events is. */
export interface Watch {
  /** When it was begun for the first time, in milliseconds since the epoch. */
  readonly beganAt: number
  /** All that came before is on disk; null until the first list was. */
  readonly resourceVersion: string | null
}

const READ = `SELECT began_at AS beganAt, resource_version AS resourceVersion FROM watches
  WHERE kind = ?`
const BEGIN = 'INSERT OR IGNORE INTO watches (kind, began_at) VALUES (?, ?)'
/** A resource version is of all Events, whatever their kind. */
const INHERIT = `INSERT INTO watches (kind, began_at, resource_version)
  SELECT ?, began_at, resource_version FROM watches WHERE kind = '${ALL_KINDS}'
  ON CONFLICT (kind) DO UPDATE
  SET resource_version = COALESCE(excluded.resource_version, resource_version)`
const END_OTHERS = 'DELETE FROM watches WHERE kind NOT IN (SELECT value FROM json_each(?))'
const FORGET_OTHERS = 'DELETE FROM seen_events WHERE kind NOT IN (SELECT value FROM json_each(?))'
const FORGET_STATES = 'DELETE FROM told_states WHERE kind NOT IN (SELECT value FROM json_each(?))'
const MOVE = 'UPDATE watches SET resource_version = ? WHERE kind = ?'

/** The kinds whose Events are watched, or were before all kinds are. */
export class Watches {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /**
   * Begins the watches that are new, and forgets those that are no longer wanted with what they saw;
   * within a write. A kind that was watched with all others goes on from there.
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

  /** Within a write. */
  moveTo(kind: string, resourceVersion: string): void {
    this.#tables.run(MOVE, resourceVersion, kind)
  }
}
