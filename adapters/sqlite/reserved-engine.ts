import { DatabaseError, type DatabaseErrorKind } from './database-error.ts'
import type { Reserve } from './reserve.ts'
import type { SqlEngine, SqlResult } from './sql-engine.ts'
import { change, type UnitResult, type UnitStatement } from './statement.ts'

/** How often a failed disk is tested, in milliseconds. */
const PROBE_MS = 1_000

/** A test write: a row of several pages, which is deleted again. */
const PROBE = [
  change(
    `INSERT INTO state (key, version, value, expires_at) VALUES ('#probe', 1, hex(zeroblob(40000)), 0)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
  ),
  change(`DELETE FROM state WHERE key = '#probe'`),
]

const DISK_PROBLEMS: ReadonlySet<DatabaseErrorKind> = new Set(['full', 'io'])

export interface ReservedEngineOptions {
  readonly reserve: Reserve
  /** Called with an error when nothing new can be stored, and without one when it can again. */
  readonly onTrouble: (error: DatabaseError | undefined) => void
  readonly probeMs?: number
}

/**
 * An engine that keeps room for outcomes. Once a write fails because the disk is full or does not
 * work, it gives the reserve free, and stores nothing but units with an outcome: what becomes of
 * deliveries that are under way. Until there is room again, and a test write has succeeded, every
 * other unit fails at once.
 */
export class ReservedEngine {
  readonly #engine: SqlEngine
  readonly #options: ReservedEngineOptions
  #trouble: DatabaseError | undefined
  #probes: NodeJS.Timeout | undefined

  constructor(engine: SqlEngine, options: ReservedEngineOptions) {
    this.#engine = engine
    this.#options = options
    const problem = this.#makeReserve()
    if (problem) this.#begin(problem)
  }

  query(...query: Parameters<SqlEngine['query']>): ReturnType<SqlEngine['query']> {
    return this.#engine.query(...query)
  }

  commit(units: readonly (readonly UnitStatement[])[]): readonly SqlResult<UnitResult>[] {
    if (this.#trouble) return this.#commitOutcomes(units, this.#trouble)
    const answers = this.#engine.commit(units)
    const problem = answers.map(diskProblem).find((error) => error !== undefined)
    if (!problem) return answers
    this.#begin(problem)
    return this.#commitOutcomes(units, problem)
  }

  /**
   * Does what `SqlEngine.checkpoint` does, except on a full disk, where the file would use up the
   * reserve.
   */
  checkpoint(minPages: number): boolean {
    return !this.#trouble && this.#engine.checkpoint(minPages)
  }

  close(): void {
    clearInterval(this.#probes)
    this.#engine.close()
  }

  #commitOutcomes(
    units: readonly (readonly UnitStatement[])[],
    error: DatabaseError,
  ): readonly SqlResult<UnitResult>[] {
    const outcomes = units.filter(isOutcome)
    const written = outcomes.length === 0 ? [] : this.#engine.commit(outcomes)
    let at = 0
    const next = () => {
      at += 1
      return written[at - 1] ?? { kind: 'failed' as const, error }
    }
    return units.map((unit) => (isOutcome(unit) ? next() : { kind: 'failed', error }))
  }

  #begin(problem: DatabaseError): void {
    this.#trouble = problem
    this.#options.reserve.release()
    this.#options.onTrouble(problem)
    this.#probes = setInterval(() => this.#probe(), this.#options.probeMs ?? PROBE_MS)
    this.#probes.unref()
  }

  #probe(): void {
    if (this.#makeReserve()) return
    if (!this.#canWrite()) {
      this.#options.reserve.release()
      return
    }
    clearInterval(this.#probes)
    this.#trouble = undefined
    this.#options.onTrouble(undefined)
  }

  #makeReserve(): DatabaseError | undefined {
    try {
      this.#options.reserve.make()
      return undefined
    } catch (error) {
      if (error instanceof DatabaseError) return error
      throw error
    }
  }

  /** Whether something can be written, by a test. */
  #canWrite(): boolean {
    return this.#engine.commit([PROBE]).every((answer) => answer.kind === 'ok')
  }
}

function isOutcome(unit: readonly UnitStatement[]): boolean {
  return unit.some((step) => step.isOutcome)
}

/** The failure of the disk; undefined for the failure of one unit. */
function diskProblem(answer: SqlResult<unknown>): DatabaseError | undefined {
  if (answer.kind === 'ok' || !(answer.error instanceof DatabaseError)) return undefined
  return DISK_PROBLEMS.has(answer.error.problem) ? answer.error : undefined
}
