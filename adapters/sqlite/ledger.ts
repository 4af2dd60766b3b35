import type { DeliveryRecord } from '../../relay/model/delivery.ts'
import { objectName } from '../../relay/model/event.ts'
import { type Identity, namespacedName } from '../../relay/model/kubernetes.ts'
import { DamagedRecord } from '../../relay/model/stored/errors.ts'
import type {
  Clock,
  Ledger,
  LedgerFilter,
  LedgerPage,
  LedgerWrite,
  Versioned,
} from '../../relay/ports.ts'
import { formatCursor, type ListPosition, parseCursor } from '../ledger-cursor.ts'
import type { Database } from './database.ts'
import { listQuery } from './ledger-query.ts'
import { deleteExpired } from './sweep.ts'

export interface LedgerOptions {
  /** How long a record is kept after its last change once it is final. Milliseconds. */
  readonly retentionMs?: number
}

const DEFAULT_RETENTION_MS = 30 * 24 * 3_600_000

const READ = `SELECT version, body FROM ledger
  WHERE id = ? AND (expires_at IS NULL OR expires_at > ?)`

const INSERT = `INSERT INTO ledger
    (cluster, alert, provider, object, outcome, accepted_at, expires_at, body, id, version)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
  ON CONFLICT (id) DO UPDATE
  SET cluster = excluded.cluster, alert = excluded.alert, provider = excluded.provider,
    object = excluded.object, outcome = excluded.outcome, accepted_at = excluded.accepted_at,
    expires_at = excluded.expires_at, body = excluded.body, version = 1
  WHERE ledger.expires_at <= ?`

const UPDATE = `UPDATE ledger
  SET cluster = ?, alert = ?, provider = ?, object = ?, outcome = ?, accepted_at = ?,
    expires_at = ?, body = ?, version = version + 1
  WHERE id = ? AND version = ? AND (expires_at IS NULL OR expires_at > ?)`

/** The Ledger on SQLite. Final records expire; one that still retries never does. */
export class SqliteLedger implements Ledger {
  readonly #database: Database
  readonly #clock: Clock
  readonly #retentionMs: number

  constructor(database: Database, clock: Clock, options: LedgerOptions = {}) {
    this.#database = database
    this.#clock = clock
    this.#retentionMs = options.retentionMs ?? DEFAULT_RETENTION_MS
  }

  async readMany(ids: readonly string[]): Promise<ReadonlyArray<Versioned<DeliveryRecord>>> {
    const now = this.#clock.now()
    return [...new Set(ids)].flatMap((id) => {
      const row = this.#database.get<{ version: number; body: string }>(READ, id, now)
      return row ? [{ value: recordOf(row.body), version: row.version }] : []
    })
  }

  async writeMany(writes: readonly LedgerWrite[]): Promise<readonly boolean[]> {
    const now = this.#clock.now()
    const rows = writes.map(({ record, expected }) => ({
      id: record.id,
      values: this.#values(record),
      expected,
    }))
    return this.#database.write(() =>
      rows.map(({ id, values, expected }) => {
        const changes =
          expected === 'absent'
            ? this.#database.run(INSERT, ...values, id, now)
            : this.#database.run(UPDATE, ...values, id, expected, now)
        return changes.count === 1
      }),
    )
  }

  async list(filter: LedgerFilter, limit: number, cursor?: string): Promise<LedgerPage> {
    const after = cursor === undefined ? undefined : parseCursor(cursor, filter)
    const { sql, parameters } = listQuery(filter, this.#clock.now(), after)
    // One more than wanted tells whether there is a next page.
    const rows = this.#database.all<ListPosition & { body: string }>(sql, ...parameters, limit + 1)
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return {
      records: page.map((row) => recordOf(row.body)),
      ...(rows.length > limit && last ? { nextCursor: formatCursor(last, filter) } : {}),
    }
  }

  /** Deletes the records that expired at or before `now`; resolves with their number. */
  sweep(now: number): Promise<number> {
    return deleteExpired(this.#database, 'ledger', now)
  }

  /** The columns that `INSERT` and `UPDATE` begin with. */
  #values(record: DeliveryRecord) {
    return [
      record.cluster,
      nameOf(record.alert),
      nameOf(record.provider),
      objectName(record.event.involvedObject),
      record.outcome,
      record.acceptedAt,
      record.outcome === 'retry' ? null : record.updatedAt + this.#retentionMs,
      JSON.stringify(record),
    ] as const
  }
}

function nameOf(identity: Identity | undefined): string | null {
  return identity ? namespacedName(identity) : null
}

function recordOf(body: string): DeliveryRecord {
  try {
    return JSON.parse(body) as DeliveryRecord
  } catch (error) {
    throw new DamagedRecord('delivery record', error)
  }
}
