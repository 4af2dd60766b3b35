import type { Tables } from './guarded-database.ts'
import { ALL_KINDS } from './watches.ts'

const READ = 'SELECT count FROM seen_events WHERE uid = ?'
const REMEMBER = `INSERT INTO seen_events (uid, kind, count) VALUES (?, ?, ?)
  ON CONFLICT (uid) DO UPDATE SET count = excluded.count`
const FORGET = 'DELETE FROM seen_events WHERE uid IN (SELECT value FROM json_each(?))'
const KEEP_ONLY = `DELETE FROM seen_events WHERE (? IN (kind, '${ALL_KINDS}'))
  AND uid NOT IN (SELECT value FROM json_each(?))`

/** The Kubernetes Events that were dealt with, and how often each had occurred by then. */
export class SeenEvents {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** How often the Event had occurred; undefined for a new one. */
  count(uid: string): number | undefined {
    return this.#tables.get<{ count: number }>(READ, uid)?.count
  }

  /** Remembers an Event. `kind` is that of the involved object. Call it within a write. */
  remember(uid: string, kind: string, count: number): void {
    this.#tables.run(REMEMBER, uid, kind, count)
  }

  /** Forgets Events that are gone. Call it within a write. */
  forget(uids: readonly string[]): void {
    this.#tables.run(FORGET, JSON.stringify(uids))
  }

  /** Forgets all Events of a kind, or of all kinds, except these. Call it within a write. */
  keepOnly(kind: string, uids: readonly string[]): void {
    this.#tables.run(KEEP_ONLY, kind, JSON.stringify(uids))
  }
}
