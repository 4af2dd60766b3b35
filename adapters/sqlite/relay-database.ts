import type { SQLInputValue } from 'node:sqlite'
import { DatabaseError } from './database-error.ts'
import { openFile } from './open-file.ts'
import { RELAY_SCHEMA } from './schema.ts'
import { type Answer, SqlEngine } from './sql-engine.ts'
import type { Change, Statement, UnitResult } from './statement.ts'

/** The relay's database, as its stores use it. Every method rejects with `DatabaseError`. */
export interface RelayDatabase {
  /** The absolute path of the file, for messages. */
  readonly file: string
  /** The rows of a query, which sees what was committed. `Row` is what its columns are. */
  read<Row>(sql: string, ...parameters: readonly SQLInputValue[]): Promise<readonly Row[]>
  /**
   * Runs the statements of one unit, all or none, and resolves, after `answered` was called, once
   * they are on the disk. Units are committed in groups, in their order.
   */
  write(unit: readonly Change[], answered?: (result: UnitResult) => void): Promise<UnitResult>
  /** Finishes what was begun, moves the log into the file, and lets go of it. */
  close(): Promise<void>
}

/** What came together in one turn of the event loop. */
export interface Batch {
  readonly queries: readonly Statement[]
  readonly units: readonly (readonly Change[])[]
}

/** Answers to a batch, in its order. */
export interface BatchAnswers {
  readonly rows: readonly Answer<readonly unknown[]>[]
  readonly results: readonly Answer<UnitResult>[]
}

interface Waiting<T> {
  answer(value: T): void
  reject(error: unknown): void
}

/** Opens the relay's database on this thread. Throws `DatabaseError`; see `openFile`. */
export function openRelayDatabase(file: string): RelayDatabase {
  const { path, connection, letGo } = openFile(file, RELAY_SCHEMA)
  const engine = new SqlEngine(path, connection)
  return new BatchingDatabase(path, {
    run: (batch, answered) => answered(runBatch(engine, batch)),
    async close() {
      engine.close()
      letGo()
    },
  })
}

/** Runs a batch: first what only reads, which need not wait for the disk. */
export function runBatch(engine: SqlEngine, { queries, units }: Batch): BatchAnswers {
  const rows = queries.map((query) => engine.query(query))
  return { rows, results: units.length === 0 ? [] : engine.commit(units) }
}

/** Where batches are run. */
export interface Backend {
  /** Calls back once, at any time, in the order of the batches. */
  run(batch: Batch, answered: (answers: BatchAnswers) => void): void
  close(): Promise<void>
}

/** Gathers what is asked for in one turn of the event loop. */
export class BatchingDatabase implements RelayDatabase {
  readonly file: string
  readonly #backend: Backend
  #queries: (Statement & Waiting<readonly unknown[]>)[] = []
  #units: (Waiting<UnitResult> & { readonly unit: readonly Change[] })[] = []
  #isScheduled = false
  #isClosed = false

  constructor(file: string, backend: Backend) {
    this.file = file
    this.#backend = backend
  }

  read<Row>(sql: string, ...parameters: readonly SQLInputValue[]): Promise<readonly Row[]> {
    if (this.#isClosed) return Promise.reject(this.#closedError())
    const { promise, resolve, reject } = Promise.withResolvers<readonly Row[]>()
    const answer = (rows: readonly unknown[]) => resolve(rows as readonly Row[])
    this.#queries.push({ sql, parameters, answer, reject })
    this.#schedule()
    return promise
  }

  write(unit: readonly Change[], answered?: (result: UnitResult) => void): Promise<UnitResult> {
    if (this.#isClosed) return Promise.reject(this.#closedError())
    const { promise, resolve, reject } = Promise.withResolvers<UnitResult>()
    const answer = (result: UnitResult) => {
      try {
        answered?.(result)
        resolve(result)
      } catch (error) {
        reject(error)
      }
    }
    this.#units.push({ unit, answer, reject })
    this.#schedule()
    return promise
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#flush()
    await this.#backend.close()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#isScheduled = false
    const [queries, units] = [this.#queries, this.#units]
    if (queries.length + units.length === 0) return
    this.#queries = []
    this.#units = []
    const batch: Batch = {
      queries: queries.map(({ sql, parameters }) => ({ sql, parameters })),
      units: units.map(({ unit }) => unit),
    }
    this.#backend.run(batch, ({ rows, results }) => {
      for (const [at, answer] of rows.entries()) settle(answer, queries[at])
      for (const [at, answer] of results.entries()) settle(answer, units[at])
    })
  }

  #closedError(): DatabaseError {
    return new DatabaseError(this.file, 'closed', 'the database is closed.')
  }
}

function settle<T>(answer: Answer<T>, waiting: Waiting<T> | undefined): void {
  if (answer.kind === 'failed') waiting?.reject(answer.error)
  else waiting?.answer(answer.value)
}
