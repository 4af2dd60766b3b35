import { parseState } from '../../relay/model/stored/state-value.ts'
import type { Clock, ExpectedVersion, StateStore, Versioned } from '../../relay/ports.ts'
import type { RelayDatabase } from './relay-database.ts'
import type { Change } from './statement.ts'
import { sweepState } from './sweep.ts'

const READ = 'SELECT version, value FROM state WHERE key = ? AND expires_at > ?'

const INSERT = `INSERT INTO state (key, version, value, expires_at) VALUES (?, 1, ?, ?)
  ON CONFLICT (key) DO UPDATE
  SET version = 1, value = excluded.value, expires_at = excluded.expires_at
  WHERE state.expires_at <= ?`

const UPDATE = `UPDATE state SET version = version + 1, value = ?, expires_at = ?
  WHERE key = ? AND version = ? AND expires_at > ?`

/** A change of an item, by compare-and-set: what `StateStore.write` takes. */
export interface StateWrite {
  readonly key: string
  readonly value: unknown
  readonly expected: ExpectedVersion
  readonly expiresAt: number
}

/** The State on SQLite. */
export class SqliteStateStore implements StateStore {
  readonly #database: RelayDatabase
  readonly #clock: Clock

  constructor(database: RelayDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async read(key: string): Promise<Versioned<unknown> | undefined> {
    const now = this.#clock.now()
    const [row] = await this.#database.read<{ version: number; value: string }>(READ, key, now)
    return row && { value: parseState(key, row.value), version: row.version }
  }

  async write(
    key: string,
    value: unknown,
    expected: ExpectedVersion,
    expiresAt: number,
  ): Promise<boolean> {
    const result = await this.#database.write([this.change({ key, value, expected, expiresAt })])
    return result.kind === 'done'
  }

  /** The statement that stores an item, for a unit that does more. */
  change({ key, value, expected, expiresAt }: StateWrite): Change {
    const json = JSON.stringify(value)
    if (json === undefined) throw new TypeError(`state ${key}: not a value that JSON can hold`)
    const now = this.#clock.now()
    return expected === 'absent'
      ? { sql: INSERT, parameters: [key, json, expiresAt, now], mustChange: true }
      : { sql: UPDATE, parameters: [json, expiresAt, key, expected, now], mustChange: true }
  }

  /** Deletes the items that expired at or before `now`; resolves with their number. */
  sweep(now: number): Promise<number> {
    return sweepState(this.#database, now)
  }
}
