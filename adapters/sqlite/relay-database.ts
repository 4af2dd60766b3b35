import type { SQLInputValue } from 'node:sqlite'
import { DatabaseError } from './database-error.ts'
import { openFile } from './open-file.ts'
import { RELAY_SCHEMA } from './schema.ts'
import { SqlEngine, type SqlResult } from './sql-engine.ts'
import type { Statement, UnitResult, UnitStatement } from './statement.ts'

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
  write(
    unit: readonly UnitStatement[],
    answered?: (result: UnitResult) => void,
  ): Promise<UnitResult>
  /**
   * Does what `write` does, but without a commit of its own: the unit is written in front of the
   * next one, or after 100 ms. What is committed later is never on the disk without it. `listener`
   * is told what became of it: nobody waits for that, so it costs no promise.
   */
  writeSoon(unit: readonly UnitStatement[], listener: UnitListener): void
  /** Why nothing new can be stored now; undefined while it can. Units with an outcome are still tried. */
  readonly trouble: DatabaseError | undefined
  /** Calls `listener` when `trouble` has changed. */
  onTrouble(listener: () => void): void
  /**
   * Makes every write from now on reject with this error, which becomes `trouble`. Writes under way
   * continue.
   */
  refuse(trouble: DatabaseError): void
  /** Finishes what was begun, moves the log into the file, and lets go of it. */
  close(): Promise<void>
}

/** Told once what became of a unit: its result, or a `DatabaseError`. It must not throw. */
export interface UnitListener {
  answer(result: UnitResult): void
  reject(error: unknown): void
}

/** The longest time for which a unit waits for another one. Milliseconds. */
const SOON_MS = 100

/**
 * So many units at once tell of a load, of two events and more in one turn of the event loop. What follows
 * is then gathered.
 */
const MANY_UNITS = 8

/**
 * How long units gather after a group of many, in milliseconds. A commit writes each page that it touches,
 * most of which the next one touches too, and waits for the disk: commits at every turn take a quarter more
 * of the thread's CPU.
 */
const GATHER_MS = 3

/** What the backend is given at once. */
export interface Batch {
  readonly queries: readonly Statement[]
  readonly units: readonly (readonly UnitStatement[])[]
}

/** Runs batches. It answers queries in their order, and units in theirs, at any time. */
export interface Backend {
  run(batch: Batch): void
  /** Finishes the batches that it was given. */
  close(): Promise<void>
}

/** What a backend tells. */
export interface BackendListener {
  rows(answers: readonly SqlResult<readonly unknown[]>[]): void
  results(answers: readonly SqlResult<UnitResult>[]): void
  /**
   * Reports that nothing new can be stored, or that it can again. The answers that it explains come
   * after it.
   */
  trouble(error: DatabaseError | undefined): void
}

/**
 * Opens the relay's database on this thread, without a reserve. Throws `DatabaseError`; see `openFile`.
 * `pace` as in `BatchingDatabase`.
 */
export function openRelayDatabase(file: string, pace?: Pace): RelayDatabase {
  const { path, connection, letGo } = openFile(file, RELAY_SCHEMA)
  const engine = new SqlEngine(path, connection)
  const backend = (answers: BackendListener) => ({
    run: (batch: Batch) => runBatch(engine, batch, answers),
    async close() {
      engine.close()
      letGo()
    },
  })
  return new BatchingDatabase(path, backend, pace)
}

/** Runs a batch: first what only reads, which need not wait for the disk. */
export function runBatch(
  engine: Pick<SqlEngine, 'query' | 'commit'>,
  { queries, units }: Batch,
  answers: BackendListener,
): void {
  if (queries.length > 0) answers.rows(queries.map((query) => engine.query(query)))
  if (units.length > 0) answers.results(engine.commit(units))
}

/** Does pieces of work one after the other, at once or soon. */
export type Pace = (work: () => void) => void

const doAtOnce: Pace = (work) => work()

interface PendingCallback<T> {
  answer(value: T): void
  reject(error: unknown): void
  /** Whether somebody waits, whose work the answer lets go on. */
  readonly isAwaited: boolean
}

/** Gathers what is asked for in one turn of the event loop, and units for longer where they may wait. */
export class BatchingDatabase implements RelayDatabase {
  readonly file: string
  readonly #backend: Backend
  /** The queries that were not given to the backend yet. */
  #queries: Statement[] = []
  #units: (readonly UnitStatement[])[] = []
  /** The callers that wait for answers, in order. */
  readonly #readers: PendingCallback<readonly unknown[]>[] = []
  readonly #writers: PendingCallback<UnitResult>[] = []
  readonly #listeners: (() => void)[] = []
  #trouble: DatabaseError | undefined
  #isRefusing = false
  /** When what was asked for is given to the backend: in this turn, or when units have gathered. */
  #flushes: 'never' | 'in-this-turn' | 'later' = 'never'
  #gathering: NodeJS.Timeout | undefined
  /** Until when units gather, by `performance.now()`. */
  #gathersUntil = 0
  /** Runs while nothing is given to the backend but what may wait. */
  #soon: NodeJS.Timeout | undefined
  #closed: Promise<void> | undefined

  /** `pace` does pieces of work in their order: what follows from one answer each. */
  constructor(file: string, backend: (answers: BackendListener) => Backend, pace: Pace = doAtOnce) {
    this.file = file
    this.#backend = backend({
      rows: (answers) => settle(answers, this.#readers, pace),
      results: (answers) => settle(answers, this.#writers, pace),
      trouble: (error) => {
        if (!this.#isRefusing) this.#setTrouble(error)
      },
    })
  }

  get trouble(): DatabaseError | undefined {
    return this.#trouble
  }

  onTrouble(listener: () => void): void {
    this.#listeners.push(listener)
  }

  refuse(trouble: DatabaseError): void {
    this.#isRefusing = true
    this.#setTrouble(trouble)
  }

  #setTrouble(trouble: DatabaseError | undefined): void {
    this.#trouble = trouble
    for (const listener of this.#listeners) listener()
  }

  read<Row>(sql: string, ...parameters: readonly SQLInputValue[]): Promise<readonly Row[]> {
    if (this.#closed) return Promise.reject(this.#closedError())
    const { promise, resolve, reject } = Promise.withResolvers<readonly Row[]>()
    const answer = (rows: readonly unknown[]) => resolve(rows as readonly Row[])
    this.#queries.push({ sql, parameters })
    this.#readers.push({ answer, reject, isAwaited: true })
    this.#ask()
    return promise
  }

  write(
    unit: readonly UnitStatement[],
    answered?: (result: UnitResult) => void,
  ): Promise<UnitResult> {
    const refusal = this.#refusal()
    if (refusal) return Promise.reject(refusal)
    const { promise, resolve, reject } = Promise.withResolvers<UnitResult>()
    const answer = (result: UnitResult) => {
      try {
        answered?.(result)
        resolve(result)
      } catch (error) {
        reject(error)
      }
    }
    this.#units.push(unit)
    this.#writers.push({ answer, reject, isAwaited: true })
    this.#schedule()
    return promise
  }

  writeSoon(unit: readonly UnitStatement[], listener: UnitListener): void {
    const refusal = this.#refusal()
    if (refusal) {
      listener.reject(refusal)
      return
    }
    this.#units.push(unit)
    this.#writers.push({ ...listener, isAwaited: false })
    if (this.#flushes === 'never') this.#soon ??= setTimeout(() => this.#flush(), SOON_MS)
  }

  /** Why nothing can be written any more; undefined while it can. */
  #refusal(): DatabaseError | undefined {
    if (this.#closed) return this.#closedError()
    return this.#isRefusing ? this.#trouble : undefined
  }

  close(): Promise<void> {
    if (this.#closed) return this.#closed
    this.#flush()
    this.#closed = this.#backend.close()
    return this.#closed
  }

  #schedule(): void {
    if (this.#flushes !== 'never') return
    const left = this.#gathersUntil - performance.now()
    if (left <= 0) this.#flushInThisTurn()
    else {
      this.#flushes = 'later'
      this.#gathering = setTimeout(() => this.#flush(), left)
    }
  }

  #flushInThisTurn(): void {
    this.#flushes = 'in-this-turn'
    setImmediate(() => this.#flush())
  }

  /** Gives the queries to the backend in this turn, without units that may wait. */
  #ask(): void {
    if (this.#flushes === 'in-this-turn') return
    if (this.#flushes === 'never' && this.#soon === undefined) this.#flushInThisTurn()
    else if (this.#queries.length === 1) setImmediate(() => this.#flushQueries())
  }

  #flushQueries(): void {
    if (this.#queries.length === 0) return
    const queries = this.#queries
    this.#queries = []
    this.#backend.run({ queries, units: [] })
  }

  #flush(): void {
    this.#flushes = 'never'
    clearTimeout(this.#gathering)
    clearTimeout(this.#soon)
    this.#soon = undefined
    const batch = { queries: this.#queries, units: this.#units }
    if (batch.queries.length + batch.units.length === 0) return
    this.#queries = []
    this.#units = []
    if (batch.units.length >= MANY_UNITS) this.#gathersUntil = performance.now() + GATHER_MS
    this.#backend.run(batch)
  }

  #closedError(): DatabaseError {
    return new DatabaseError(this.file, 'closed', 'the database is closed.')
  }
}

function settle<T>(
  answers: readonly SqlResult<T>[],
  waiting: PendingCallback<T>[],
  pace: Pace,
): void {
  const served = waiting.splice(0, answers.length)
  for (const [at, answer] of answers.entries()) {
    const caller = served[at]
    if (caller === undefined) continue
    const tell = () => {
      if (answer.kind === 'failed') caller.reject(answer.error)
      else caller.answer(answer.value)
    }
    if (caller.isAwaited) pace(tell)
    else tell()
  }
}
