import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { databaseErrorOf } from './database-error.ts'
import type { Changed, Statement, UnitResult, UnitStatement } from './statement.ts'

/**
 * Pages in the log at which a commit moves them into the file, which takes 10 ms and more on a good
 * disk. It is four times what SQLite would have: the more pages, the more of them are written once for
 * many commits. The log stays within what `connect` lets it keep.
 */
const MAX_LOG_PAGES = 4_000

/** What became of a unit, or of a query, and why it failed. */
export type SqlResult<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }

/**
 * Returns the number of pages in the log, without moving them:
 * https://sqlite.org/pragma.html#pragma_wal_checkpoint
 */
const LOG_SIZE = 'PRAGMA wal_checkpoint(NOOP)'
const MOVE_LOG = 'PRAGMA wal_checkpoint(PASSIVE)'

/**
 * Runs statements on the one connection to a file. Units are committed in groups, because a commit
 * waits for the disk.
 */
export class SqlEngine {
  readonly #file: string
  readonly #connection: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(file: string, connection: DatabaseSync) {
    this.#file = file
    this.#connection = connection
    connection.exec(`PRAGMA wal_autocheckpoint = ${MAX_LOG_PAGES}`)
  }

  /**
   * Moves the log into the file if it has `minPages` pages at least; says whether it did. A disk that fails
   * is left for the next commit to tell, as SQLite does in its own checkpoints.
   */
  checkpoint(minPages: number): boolean {
    try {
      const { log } = this.#statement(LOG_SIZE).get() ?? {}
      if (Number(log) < minPages) return false
      this.#statement(MOVE_LOG).get()
      return true
    } catch {
      // Nothing is lost: the log has it all.
      return false
    }
  }

  /** The rows of a query, which sees what was committed. */
  query({ sql, parameters }: Statement): SqlResult<readonly unknown[]> {
    try {
      return { kind: 'ok', value: this.#statement(sql).all(...parameters) }
    } catch (error) {
      return { kind: 'failed', error: databaseErrorOf(this.#file, error) ?? error }
    }
  }

  /**
   * Runs all units in one transaction, in their order. One that fails or conflicts leaves the others
   * alone; when the disk fails or is full, all fail.
   */
  commit(units: readonly (readonly UnitStatement[])[]): readonly SqlResult<UnitResult>[] {
    try {
      return this.#transaction(() => units.map((unit) => this.#runUndivided(unit)))
    } catch (error) {
      const broken = databaseErrorOf(this.#file, error)
      if (broken) return units.map(() => ({ kind: 'failed', error: broken }))
    }
    try {
      return this.#transaction(() => units.map((unit) => this.#runApart(unit)))
    } catch (error) {
      const failed = { kind: 'failed', error: databaseErrorOf(this.#file, error) ?? error } as const
      return units.map(() => failed)
    }
  }

  close(): void {
    this.#connection.close()
  }

  #transaction<T>(work: () => T): T {
    try {
      this.#connection.exec('BEGIN IMMEDIATE')
      const result = work()
      this.#connection.exec('COMMIT')
      return result
    } catch (error) {
      // After some failures, such as a full disk, SQLite has rolled back already.
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK')
      throw error
    }
  }

  /** Runs a unit without a savepoint, which costs time and is hardly ever needed. */
  #runUndivided(unit: readonly UnitStatement[]): SqlResult<UnitResult> {
    const value = this.#run(unit)
    if (value.kind === 'conflict' && value.at > 0) throw new Error('a unit has to be undone')
    return { kind: 'ok', value }
  }

  #runApart(unit: readonly UnitStatement[]): SqlResult<UnitResult> {
    this.#connection.exec('SAVEPOINT unit')
    try {
      const value = this.#run(unit)
      if (value.kind === 'conflict') this.#connection.exec('ROLLBACK TO unit')
      return { kind: 'ok', value }
    } catch (error) {
      if (databaseErrorOf(this.#file, error)) throw error
      this.#connection.exec('ROLLBACK TO unit')
      return { kind: 'failed', error }
    } finally {
      if (this.#connection.isTransaction) this.#connection.exec('RELEASE unit')
    }
  }

  #run(unit: readonly UnitStatement[]): UnitResult {
    const changed: Changed[] = []
    for (const [at, step] of unit.entries()) {
      const done = this.#change(step)
      if (step.mustChange && done.count === 0) return { kind: 'conflict', at }
      changed.push(done)
    }
    return { kind: 'done', changed }
  }

  #change({ sql, first, parameters, returns }: UnitStatement): Changed {
    if (first !== undefined) {
      const { changes, lastInsertRowid } = this.#statement(first).run(...parameters)
      if (Number(changes) === 1) return { count: 1, rows: [Number(lastInsertRowid)] }
    }
    const statement = this.#statement(sql)
    if (returns) {
      const rows = statement.all(...parameters)
      return { count: rows.length, rows }
    }
    return { count: Number(statement.run(...parameters).changes), rows: [] }
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#connection.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}
