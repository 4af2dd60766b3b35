import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { DatabaseError, databaseErrorOf } from './database-error.ts'
import { openFile } from './open-file.ts'
import { RELAY_SCHEMA, type Schema } from './schema.ts'

/** The result of a statement. */
export interface Changes {
  /** Rows inserted, updated or deleted. */
  readonly count: number
  /** The row id of the last row inserted. */
  readonly lastRowId: number
}

interface QueuedOperation {
  /** Runs the operation; what it returns is called once the operation is durable. */
  readonly run: () => () => void
  readonly reject: (error: unknown) => void
}

/**
 * Opens a database as `openFile` does: the relay's, unless another `schema` is given. Throws
 * `DatabaseError`.
 */
export function openDatabase(file: string, schema: Schema = RELAY_SCHEMA): Database {
  const { path, connection, letGo } = openFile(file, schema)
  return new Database(path, connection, letGo)
}

/**
 * The one connection to the file. Reads are synchronous and see everything that was committed;
 * writes are committed in groups, because a commit waits for the disk.
 */
export class Database {
  /** The absolute path of the file, for messages. */
  readonly file: string
  readonly #connection: DatabaseSync
  readonly #onClose: () => void
  readonly #statements = new Map<string, StatementSync>()
  #queued: QueuedOperation[] = []
  #state: 'open' | 'closing' | 'closed' = 'open'

  constructor(file: string, connection: DatabaseSync, onClose: () => void) {
    this.file = file
    this.#connection = connection
    this.#onClose = onClose
  }

  /**
   * Runs `operation` in a transaction together with all others of this turn of the event loop, in
   * their order. Resolves, after `committed` was called, once the transaction is on the disk. When
   * an operation throws, each runs in a transaction of its own, so only the failed ones reject:
   * an operation may thus run twice and must change nothing but the database. It cannot be async.
   *
   * Rejects with `DatabaseError` when the disk fails or is full, and after `close`.
   */
  write<T>(operation: () => T, committed?: (result: T) => void): Promise<T> {
    if (this.#state !== 'open') return Promise.reject(this.#closedError())
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const run = () => {
      const result = operation()
      return () => {
        try {
          committed?.(result)
          resolve(result)
        } catch (error) {
          reject(error)
        }
      }
    }
    this.#queued.push({ run, reject })
    if (this.#queued.length === 1) setImmediate(() => this.#flush())
    return promise
  }

  /** Runs a statement that changes rows. Call it only in operations of `write`. */
  run(sql: string, ...parameters: readonly SQLInputValue[]): Changes {
    const statement = this.#statement(sql)
    if (!this.#connection.isTransaction) throw new Error('change rows only within a write')
    const { changes, lastInsertRowid } = statement.run(...parameters)
    return { count: Number(changes), lastRowId: Number(lastInsertRowid) }
  }

  /** The first row of a query. `Row` is what its columns are. */
  get<Row>(sql: string, ...parameters: readonly SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...parameters) as Row | undefined
  }

  /** All rows of a query. `Row` is what its columns are. */
  all<Row>(sql: string, ...parameters: readonly SQLInputValue[]): readonly Row[] {
    const rows: readonly unknown[] = this.#statement(sql).all(...parameters)
    return rows as readonly Row[]
  }

  /** Finishes the queued writes, moves the log into the file, and closes the file. */
  close(): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    try {
      this.#flush()
    } finally {
      this.#state = 'closed'
      this.#connection.close()
      this.#onClose()
    }
  }

  #statement(sql: string): StatementSync {
    if (this.#state === 'closed') throw this.#closedError()
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#connection.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #closedError(): DatabaseError {
    return new DatabaseError(this.file, 'closed', 'the database is closed.')
  }

  #flush(): void {
    const batch = this.#queued
    this.#queued = []
    if (batch.length > 0) this.#commit(batch)
  }

  #commit(batch: readonly QueuedOperation[]): void {
    const settlements: (() => void)[] = []
    try {
      this.#connection.exec('BEGIN IMMEDIATE')
      for (const operation of batch) settlements.push(operation.run())
      this.#connection.exec('COMMIT')
    } catch (error) {
      this.#rollBack()
      this.#fail(batch, error)
      return
    }
    for (const settle of settlements) settle()
  }

  #fail(batch: readonly QueuedOperation[], error: unknown): void {
    const broken = databaseErrorOf(this.file, error)
    if (broken || batch.length === 1) {
      for (const operation of batch) operation.reject(broken ?? error)
    } else {
      for (const operation of batch) this.#commit([operation])
    }
  }

  /** Rolls back, unless SQLite has done it already, as after a full disk. */
  #rollBack(): void {
    if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK')
  }
}
