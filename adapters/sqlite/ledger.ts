import {
  type LedgerRecord,
  type ListedRecord,
  type Outcome,
  outcomeOf,
  reachedBy,
} from '../../relay/model/delivery.ts'
import { objectName } from '../../relay/model/event.ts'
import { type Identity, namespacedName } from '../../relay/model/kubernetes.ts'
import {
  decodeText,
  encodeText,
  storedValue,
  unreadableText,
} from '../../relay/model/stored/codec.ts'
import { deliveryRecordCodec } from '../../relay/model/stored/delivery-record.ts'
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

/** What a list reads of a row. */
interface ListedRow extends ListPosition {
  readonly body: string
  readonly cluster: string
  readonly object: string
  readonly outcome: Outcome
  readonly alert: string | null
}

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

  async readMany(ids: readonly string[]): Promise<ReadonlyArray<Versioned<LedgerRecord>>> {
    const now = this.#clock.now()
    return [...new Set(ids)].flatMap((id) => {
      const row = this.#database.get<{ version: number; body: string }>(READ, id, now)
      if (!row) return []
      const decoded = decodeText(deliveryRecordCodec, row.body)
      return [{ value: storedValue(deliveryRecordCodec, decoded, id), version: row.version }]
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
    const rows = this.#database.all<ListedRow>(sql, ...parameters, limit + 1)
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return {
      records: page.map(listedRecord),
      ...(rows.length > limit && last ? { nextCursor: formatCursor(last, filter) } : {}),
    }
  }

  /** Deletes the records that expired at or before `now`; resolves with their number. */
  sweep(now: number): Promise<number> {
    return deleteExpired(this.#database, 'ledger', now)
  }

  /** The columns that `INSERT` and `UPDATE` begin with. */
  #values(record: LedgerRecord) {
    const { alert, provider } = reachedBy(record)
    const outcome = outcomeOf(record)
    return [
      record.cluster,
      nameOf(alert),
      nameOf(provider),
      objectName(record.event.involvedObject),
      outcome,
      record.acceptedAt,
      outcome === 'retry' ? null : record.updatedAt + this.#retentionMs,
      encodeText(deliveryRecordCodec, record),
    ] as const
  }
}

function nameOf(identity: Identity | undefined): string | null {
  return identity ? namespacedName(identity) : null
}

/** A record that cannot be read is shown by the columns beside it. */
function listedRecord(row: ListedRow): ListedRecord {
  const decoded = decodeText(deliveryRecordCodec, row.body)
  if (decoded.kind === 'read') return decoded.value
  const { id, cluster, object, outcome, alert, acceptedAt } = row
  const reason = `this record cannot be read: ${unreadableText(deliveryRecordCodec, decoded)}`
  const shown = { id, cluster, object, outcome, acceptedAt, reason }
  return { kind: 'unreadable', ...shown, ...(alert !== null && { alert }) }
}
