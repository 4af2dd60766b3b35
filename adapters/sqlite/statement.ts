import type { SQLInputValue } from 'node:sqlite'

/** A statement as plain data, so that it can run in another thread than the one that wants it. */
export interface Statement {
  readonly sql: string
  readonly parameters: readonly SQLInputValue[]
}

/** A statement that is part of a unit. */
export interface UnitStatement extends Statement {
  /** Whether its rows are wanted: of a query, or of a change with RETURNING. */
  readonly returns?: boolean
  /**
   * The text of an INSERT of one row with the same parameters, which is tried first. If it inserts one, `sql` is not
   * run, and the number of the row is what is returned: RETURNING takes twice the time.
   */
  readonly first?: string
  /** Whether the statement must change a row. If it changes none, nothing of its unit is done. */
  readonly mustChange?: boolean
  /** Whether the statement stores an outcome, which may use the reserve: see `ReservedEngine`. */
  readonly isOutcome?: boolean
}

/** What a statement of a unit did. `Row` is what the columns of `rows` are. */
export interface Changed<Row = unknown> {
  /** Rows inserted, updated or deleted; of a statement that returns, the number of its rows. */
  readonly count: number
  readonly rows: readonly Row[]
}

/** What became of a unit. */
export type UnitResult =
  /** The whole unit is on the disk. */
  | { readonly kind: 'done'; readonly changed: readonly Changed[] }
  /**
   * Nothing of the unit is done, because the statement at this index had to change a row and did
   * not.
   */
  | { readonly kind: 'conflict'; readonly at: number }

/** Makes a statement of a unit. */
export function change(sql: string, ...parameters: readonly SQLInputValue[]): UnitStatement {
  return { sql, parameters }
}

/** Makes a statement that says what became of something: a unit with one may take from the reserve. */
export function outcomeChange(sql: string, ...parameters: readonly SQLInputValue[]): UnitStatement {
  return { sql, parameters, isOutcome: true }
}

/** Makes a statement that stores an outcome, and must change a row. */
export function outcomeWrite(sql: string, parameters: readonly SQLInputValue[]): UnitStatement {
  return { sql, parameters, isOutcome: true, mustChange: true }
}
