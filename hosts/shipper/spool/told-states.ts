import type { Tables } from './guarded-database.ts'

/** What the last event of an object reported about its state. */
export interface ToldState {
  /** The text that identifies the state, made from severity, reason and revision. */
  readonly state: string
  readonly isError: boolean
  /** When the object came into this state, in milliseconds since the epoch; 0 when it is not known. */
  readonly at: number
}

/** The most objects in memory; each takes some hundred bytes. */
const MAX_READ = 10_000

const READ = `SELECT state, is_error AS isError, told_at AS at FROM told_states
  WHERE object = ?`
const WRITE = `INSERT INTO told_states (object, kind, state, is_error, told_at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (object) DO UPDATE
  SET state = excluded.state, is_error = excluded.is_error, told_at = excluded.told_at`
const OBJECTS = 'SELECT object FROM told_states WHERE kind = ?'
const FORGET = 'DELETE FROM told_states WHERE object IN (SELECT value FROM json_each(?))'

/** The last reported state of each object, by its kind, namespace and name. */
export class ToldStates {
  readonly #tables: Tables
  /** The states as the table has them. What was changed is read again, since a write may be undone. */
  readonly #read = new Map<string, ToldState>()
  /**
   * The objects whose states were written in the commit of now. A commit runs without a pause: when other code runs,
   * it was made or undone.
   */
  readonly #uncommitted = new Set<string>()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  read(object: string): ToldState | undefined {
    const known = this.#read.get(object)
    if (known) return known
    const row = this.#tables.get<{ state: string; isError: number; at: number }>(READ, object)
    if (row === undefined) return undefined
    const told = { ...row, isError: row.isError === 1 }
    if (this.#uncommitted.has(object)) return told
    if (this.#read.size >= MAX_READ) this.#read.clear()
    this.#read.set(object, told)
    return told
  }

  /** Stores a state. Call it within a write. */
  write(object: string, kind: string, { state, isError, at }: ToldState): void {
    this.#read.delete(object)
    if (this.#uncommitted.size === 0) queueMicrotask(() => this.#uncommitted.clear())
    this.#uncommitted.add(object)
    this.#tables.run(WRITE, object, kind, state, Number(isError), at)
  }

  /** The objects of a kind whose states are remembered. */
  objectsOf(kind: string): readonly string[] {
    return this.#tables.all<{ object: string }>(OBJECTS, kind).map(({ object }) => object)
  }

  /** Forgets objects. Call it within a write. */
  forget(objects: readonly string[]): void {
    for (const object of objects) this.#read.delete(object)
    this.#tables.run(FORGET, JSON.stringify(objects))
  }
}
