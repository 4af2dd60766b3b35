import type { Awaitable } from '../../relay/model/awaitable.ts'
import { parseState } from '../../relay/model/stored/state-value.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { StateStore, StateWriteOptions } from '../../relay/ports/state-store.ts'
import type { ExpectedVersion, Versioned } from '../../relay/ports/versioned.ts'
import { RecentState } from './recent-state.ts'
import type { RelayDatabase } from './relay-database.ts'
import { outcomeWrite, type UnitResult, type UnitStatement } from './statement.ts'
import { deleteState, sweepState } from './sweep.ts'

const READ = `SELECT version, value, expires_at AS expiresAt FROM state
  WHERE key = ? AND expires_at > ?`

const INSERT = `INSERT INTO state (key, version, value, expires_at) VALUES (?, 1, ?, ?)
  ON CONFLICT (key) DO UPDATE
  SET version = 1, value = excluded.value, expires_at = excluded.expires_at
  WHERE state.expires_at <= ?`

const UPDATE = `UPDATE state SET version = version + 1, value = ?, expires_at = ?
  WHERE key = ? AND version = ? AND expires_at > ?`

interface StateRow {
  readonly version: number
  readonly value: string
  readonly expiresAt: number
}

/**
 * The State on SQLite. What was used last is known in memory, and a write that may go with the next
 * one costs no commit of its own.
 */
export class SqliteStateStore implements StateStore {
  readonly #database: RelayDatabase
  readonly #clock: Clock
  readonly #recent = new RecentState()
  /** How many writes of an item are under way whose outcome only the database knows. */
  readonly #undecided = new Map<string, number>()

  constructor(database: RelayDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  read(key: string): Awaitable<Versioned<unknown> | undefined> {
    const now = this.#clock.now()
    const known = this.#recent.get(key, now)
    return known ? known.value : this.#readStored(key, now)
  }

  async #readStored(key: string, now: number): Promise<Versioned<unknown> | undefined> {
    const [row] = await this.#database.read<StateRow>(READ, key, now)
    const value = row && { value: parseState(row.value), version: row.version }
    // What was written meanwhile is newer than what was read.
    if (!this.#undecided.has(key) && !this.#recent.get(key, now)) {
      const [expiresAt, size] = row
        ? [row.expiresAt, row.value.length]
        : [Number.POSITIVE_INFINITY, 0]
      this.#recent.set(key, value, expiresAt, size)
    }
    return value
  }

  write(
    key: string,
    value: unknown,
    expected: ExpectedVersion,
    expiresAt: number,
    { withNext = false }: StateWriteOptions = {},
  ): Awaitable<boolean> {
    const json = JSON.stringify(value)
    if (json === undefined) throw new TypeError(`state ${key}: not a value that JSON can hold`)
    const now = this.#clock.now()
    const unit = [statementOf(key, json, expected, expiresAt, now)]
    const fits = this.#recent.fits(key, expected, now)
    if (fits === undefined) return this.#writeUndecided(key, unit)
    if (!fits) return false
    const version = expected === 'absent' ? 1 : expected + 1
    this.#recent.set(key, { value, version }, expiresAt, json.length)
    const isDone = ({ kind }: UnitResult) => {
      if (kind === 'conflict') this.#recent.forget(key)
      return kind === 'done'
    }
    if (withNext) {
      // After a failure whoever writes next meets the same, and this item is read again.
      this.#database.writeSoon(unit, { answer: isDone, reject: () => this.#recent.forget(key) })
      return true
    }
    return this.#database.write(unit).then(isDone, (error: unknown) => {
      this.#recent.forget(key)
      throw error
    })
  }

  async #writeUndecided(key: string, unit: readonly UnitStatement[]): Promise<boolean> {
    this.#undecided.set(key, (this.#undecided.get(key) ?? 0) + 1)
    try {
      return (await this.#database.write(unit)).kind === 'done'
    } finally {
      this.#recent.forget(key)
      const left = (this.#undecided.get(key) ?? 1) - 1
      if (left > 0) this.#undecided.set(key, left)
      else this.#undecided.delete(key)
    }
  }

  /**
   * Deletes all items of a cluster, in parts between which other work goes on. Resolves with whether it had any. Rejects
   * when the store fails.
   */
  async forget(cluster: string): Promise<boolean> {
    // What may wait for another write is stored first.
    await this.#database.write([])
    const forgotten = await deleteState(this.#database, `${cluster}#`, (key) =>
      this.#recent.forget(key),
    )
    return forgotten > 0
  }

  /** Deletes the items that expired at or before `now`; resolves with their number. */
  sweep(now: number): Promise<number> {
    return sweepState(this.#database, now)
  }
}

function statementOf(
  key: string,
  json: string,
  expected: ExpectedVersion,
  expiresAt: number,
  now: number,
): UnitStatement {
  return expected === 'absent'
    ? outcomeWrite(INSERT, [key, json, expiresAt, now])
    : outcomeWrite(UPDATE, [json, expiresAt, key, expected, now])
}
