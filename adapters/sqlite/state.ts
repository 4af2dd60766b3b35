import { parseState } from '../../relay/model/stored/state-value.ts'
import type { Clock, ExpectedVersion, StateStore, Versioned } from '../../relay/ports.ts'
import type { Database } from './database.ts'
import { deleteExpired } from './sweep.ts'

const READ = 'SELECT version, value FROM state WHERE key = ? AND expires_at > ?'

const INSERT = `INSERT INTO state (key, version, value, expires_at) VALUES (?, 1, ?, ?)
  ON CONFLICT (key) DO UPDATE
  SET version = 1, value = excluded.value, expires_at = excluded.expires_at
  WHERE state.expires_at <= ?`

const UPDATE = `UPDATE state SET version = version + 1, value = ?, expires_at = ?
  WHERE key = ? AND version = ? AND expires_at > ?`

/** The State on SQLite. */
export class SqliteStateStore implements StateStore {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async read(key: string): Promise<Versioned<unknown> | undefined> {
    const row = this.#database.get<{ version: number; value: string }>(READ, key, this.#clock.now())
    return row && { value: parseState(key, row.value), version: row.version }
  }

  async write(
    key: string,
    value: unknown,
    expected: ExpectedVersion,
    expiresAt: number,
  ): Promise<boolean> {
    const json = JSON.stringify(value)
    const now = this.#clock.now()
    const changes = await this.#database.write(() =>
      expected === 'absent'
        ? this.#database.run(INSERT, key, json, expiresAt, now)
        : this.#database.run(UPDATE, json, expiresAt, key, expected, now),
    )
    return changes.count === 1
  }

  /** Deletes the items that expired at or before `now`; resolves with their number. */
  sweep(now: number): Promise<number> {
    return deleteExpired(this.#database, 'state', now)
  }
}
