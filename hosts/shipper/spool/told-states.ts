import type { Tables } from './guarded-database.ts'

/** What the last event of an object said of it, as far as that matters. */
export interface ToldState {
  /** What makes the state another one, such as severity, reason and revision. */
  readonly state: string
  readonly isError: boolean
}

/** Objects; some hundred bytes each. */
const MAX_READ = 10_000

const READ = 'SELECT state, is_error AS isError FROM told_states WHERE object = ?'
const WRITE = `INSERT INTO told_states (object, kind, state, is_error) VALUES (?, ?, ?, ?)
  ON CONFLICT (object) DO UPDATE SET state = excluded.state, is_error = excluded.is_error`
const FORGET = 'DELETE FROM told_states WHERE object = ?'
const KEEP_ONLY = `DELETE FROM told_states
  WHERE kind = ? AND object NOT IN (SELECT value FROM json_each(?))`

/** The state of each object that was last told, by its kind, namespace and name. */
export class ToldStates {
  readonly #tables: Tables
  /** As the table has them; what is changed is read anew, since a write may be undone. */
  readonly #read = new Map<string, ToldState>()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  read(object: string): ToldState | undefined {
    const known = this.#read.get(object)
    if (known) return known
    const row = this.#tables.get<{ state: string; isError: number }>(READ, object)
    if (row === undefined) return undefined
    const told = { state: row.state, isError: row.isError === 1 }
    if (this.#read.size >= MAX_READ) this.#read.clear()
    this.#read.set(object, told)
    return told
  }

  /** Within a write. */
  write(object: string, kind: string, { state, isError }: ToldState): void {
    this.#read.delete(object)
    this.#tables.run(WRITE, object, kind, state, Number(isError))
  }

  /** Within a write. */
  forget(object: string): void {
    this.#read.delete(object)
    this.#tables.run(FORGET, object)
  }

  /** Forgets all objects of a kind but these; within a write. */
  keepOnly(kind: string, objects: readonly string[]): void {
    this.#read.clear()
    this.#tables.run(KEEP_ONLY, kind, JSON.stringify(objects))
  }
}
