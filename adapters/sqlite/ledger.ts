import type { BareRecord } from '../../relay/model/bare-record.ts'
import {
  isTest,
  type LedgerRecord,
  type ListedRecord,
  outcomeOf,
  reachedBy,
} from '../../relay/model/delivery.ts'
import { objectName } from '../../relay/model/event.ts'
import { orderParts } from '../../relay/model/event-order.ts'
import { type Identity, namespacedName } from '../../relay/model/kubernetes.ts'
import { DEFAULT_RETENTION_MS, expiryOf } from '../../relay/model/retention.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type {
  Ledger,
  LedgerFilter,
  LedgerPage,
  LedgerWrite,
  ReadOptions,
} from '../../relay/ports/ledger.ts'
import type { Versioned } from '../../relay/ports/versioned.ts'
import { formatCursor, type ListPosition, parseCursor } from '../ledger-cursor.ts'
import { type ListPart, mergeLists, type OneOutcomeFilter, perOutcome } from '../merged-lists.ts'
import { hasId, isRecord } from './id-index.ts'
import { listOrder, SHOW_ONE } from './ledger-query.ts'
import { LedgerSearch } from './ledger-search.ts'
import { type EventReadings, eventReading, readEvents } from './record-events.ts'
import {
  bareRecord,
  listedRecord,
  type RecordRow,
  recordBody,
  type ShownRow,
  storedRecord,
} from './record-row.ts'
import type { RelayDatabase } from './relay-database.ts'
import { outcomeWrite, type UnitResult, type UnitStatement } from './statement.ts'
import { sweepLedger } from './sweep.ts'

export interface LedgerOptions {
  /** How long a record is kept after its last change once it is final. Milliseconds. */
  readonly retentionMs?: number
  /** Told of each record after it was stored, and whether there was none of its id before. It must not throw. */
  readonly onStored?: (record: LedgerRecord, isNew: boolean) => void
  /** How many records a list looks at in one query. */
  readonly lookedAt?: number
}

/** A row as `READ` reads it, with the body of the event; null when the record has that in its own body. */
interface ReadRow extends RecordRow {
  readonly version: number
  readonly event: string | null
}

/** A row as `READ_ALONE` reads it. */
interface AloneRow extends RecordRow {
  readonly version: number
  readonly eventSeq: number
}

/**
 * The most bytes of different events that one page has, besides the first. A page that ends early is followed by
 * another one.
 */
const PAGE_EVENT_BYTES = 8 * 1024 * 1024

/** A row as a list reads it. `eventBytes` is null when the record has its event in its own body. */
interface ListedRow extends ShownRow {
  readonly eventSeq: number
  readonly eventBytes: number | null
}

const READ = `SELECT l.id, l.cluster, l.accepted_at AS acceptedAt, l.version, l.body, e.body AS event
  FROM ledger AS l LEFT JOIN events AS e ON e.seq = l.event_seq
  WHERE ${hasId('?1', 'l')} AND (l.expires_at IS NULL OR l.expires_at > ?2)`

const READ_ALONE = `SELECT id, cluster, accepted_at AS acceptedAt, version, body, event_seq AS eventSeq
  FROM ledger WHERE ${hasId('?1')} AND (expires_at IS NULL OR expires_at > ?2)`

/**
 * The row of a record's event: its sequence is a part of the record's order. `?15` is what stands for the row of a
 * record that has its event in its own body.
 */
const EVENT_SEQ = 'COALESCE((SELECT seq FROM events WHERE seq = ?13 AND events.id = ?14), ?15)'

/** No row has this number. */
const NO_EVENT_ROW = 0

const COLUMNS = `cluster, alert, provider, object, outcome, accepted_at, expires_at, attempt, due_at,
  destination, ord, body, event_seq, id, version`

/** The values of `COLUMNS` of a new row: `#values`, the time, and the id, which is `?17`. */
const valuesWith = (id: string) =>
  `?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ${EVENT_SEQ}, ${id}, 1`

/**
 * Inserts a record if there is none with its id yet, as nearly always. Else the id is NULL, which the table refuses,
 * and nothing is inserted.
 */
const INSERT_NEW = `INSERT OR IGNORE INTO ledger (${COLUMNS}) VALUES (${valuesWith(
  `CASE WHEN NOT EXISTS (SELECT 1 FROM ledger WHERE ${hasId('?17')}) THEN ?17 END`,
)})`

/** Inserts a record, in the place of an expired one if there is one with its id. */
const INSERT = `INSERT OR REPLACE INTO ledger (rowid, ${COLUMNS})
  SELECT (SELECT rowid FROM ledger WHERE ${hasId('?17')}), ${valuesWith('?17')}
  WHERE NOT EXISTS (SELECT 1 FROM ledger
    WHERE ${hasId('?17')} AND (expires_at IS NULL OR expires_at > ?16))`

const UPDATE = `UPDATE ledger
  SET cluster = ?1, alert = ?2, provider = ?3, object = ?4, outcome = ?5, accepted_at = ?6,
    expires_at = ?7, attempt = ?8, due_at = ?9, destination = ?10, ord = ?11, body = ?12,
    event_seq = COALESCE(${EVENT_SEQ}, event_seq), version = version + 1
  WHERE ${isRecord('?17')} AND version = ?18 AND (expires_at IS NULL OR expires_at > ?16)`

/**
 * The Ledger on SQLite, of events that its queue accepted. A record refers to its event, which is
 * stored once. Final records expire; one that still waits never does.
 */
export class SqliteLedger implements Ledger {
  readonly #database: RelayDatabase
  readonly #search: LedgerSearch
  readonly #clock: Clock
  readonly #retentionMs: number
  readonly #onStored: LedgerOptions['onStored']

  constructor(database: RelayDatabase, clock: Clock, options: LedgerOptions = {}) {
    this.#database = database
    this.#search = new LedgerSearch(database, options.lookedAt)
    this.#clock = clock
    this.#retentionMs = options.retentionMs ?? DEFAULT_RETENTION_MS
    this.#onStored = options.onStored
  }

  readMany(
    ids: readonly string[],
    options: ReadOptions & { readonly withoutEvents: true },
  ): Promise<ReadonlyArray<Versioned<BareRecord>>>
  readMany(
    ids: readonly string[],
    options?: ReadOptions,
  ): Promise<ReadonlyArray<Versioned<LedgerRecord>>>
  async readMany(
    ids: readonly string[],
    { withoutEvents = false }: ReadOptions = {},
  ): Promise<ReadonlyArray<Versioned<BareRecord>>> {
    const now = this.#clock.now()
    const wanted = [...new Set(ids)]
    const [first] = wanted
    if (!withoutEvents && first !== undefined && wanted.length === 1) {
      const rows = await this.#database.read<ReadRow>(READ, first, now)
      return rows.map((row) => {
        const event = row.event === null ? undefined : eventReading(row.event)
        return { value: storedRecord(row, event), version: row.version }
      })
    }
    const read = wanted.map((id) => this.#database.read<AloneRow>(READ_ALONE, id, now))
    const rows = (await Promise.all(read)).flat()
    if (withoutEvents) {
      return rows.map((row) => ({ value: bareRecord(row), version: row.version }))
    }
    // Many are mostly of one event, and of an event that is new there is none.
    const events = await readEvents(
      this.#database,
      rows.map(({ eventSeq }) => eventSeq),
    )
    return rows.map((row) => {
      return { value: storedRecord(row, events.get(row.eventSeq)), version: row.version }
    })
  }

  writeMany(writes: readonly LedgerWrite[]): Promise<readonly boolean[]> {
    const [first] = writes
    // Of most there is one, which takes three promises fewer.
    if (first !== undefined && writes.length === 1) {
      return this.#write(first).then((result) => [this.#written(first, result)])
    }
    return Promise.all(
      writes.map((write) => this.#write(write).then((result) => this.#written(write, result))),
    )
  }

  #write(write: LedgerWrite): Promise<UnitResult> {
    return this.#database.write([this.change(write)])
  }

  #written({ record, expected }: LedgerWrite, { kind }: UnitResult): boolean {
    if (kind !== 'done') return false
    this.#onStored?.(record, expected === 'absent')
    return true
  }

  assertWritable(): void {
    const { trouble } = this.#database
    if (trouble) throw trouble
  }

  /** The statement that stores a record, for a unit that does more. */
  change({ record, expected }: LedgerWrite): UnitStatement {
    const values = [...this.#values(record), this.#clock.now(), record.id]
    return expected === 'absent'
      ? { ...outcomeWrite(INSERT, values), first: INSERT_NEW }
      : outcomeWrite(UPDATE, [...values, expected])
  }

  async show(id: string): Promise<ListedRecord | undefined> {
    const [row] = await this.#database.read<ListedRow>(SHOW_ONE, id, this.#clock.now())
    if (row === undefined) return undefined
    return listedRecord(row, (await this.#eventsOf([row])).get(row.eventSeq))
  }

  async list(filter: LedgerFilter, limit: number, cursor?: string): Promise<LedgerPage> {
    const after = cursor === undefined ? undefined : parseCursor(cursor, filter)
    const lists = perOutcome(filter).map((one) => this.#part(one, limit, after))
    const { positions, reached } = mergeLists(await Promise.all(lists), limit, listOrder)
    const events = await this.#eventsOf(positions)
    return {
      records: positions.map((row) => listedRecord(row, events.get(row.eventSeq))),
      ...(reached && {
        nextCursor: formatCursor(reached, filter),
        reachedTime: reached.acceptedAt,
      }),
    }
  }

  async #part(
    filter: OneOutcomeFilter,
    limit: number,
    after: ListPosition | undefined,
  ): Promise<ListPart<ListedRow>> {
    // One more than wanted tells whether there is a next page.
    const rows = await this.#search.find<ListedRow>(filter, limit + 1, this.#clock.now(), after)
    const positions = rows.slice(0, Math.min(limit, countThatFit(rows)))
    return { positions, reached: rows.length > positions.length ? positions.at(-1) : undefined }
  }

  #eventsOf(rows: readonly ListedRow[]): Promise<EventReadings> {
    const stored = rows.filter(({ eventBytes }) => eventBytes !== null)
    return readEvents(
      this.#database,
      stored.map(({ eventSeq }) => eventSeq),
    )
  }

  /** Deletes the records that expired at or before `now`; resolves with their number. */
  sweep(now: number): Promise<number> {
    return sweepLedger(this.#database, now, this.#retentionMs)
  }

  /** The parameters that `INSERT` and `UPDATE` begin with. */
  #values(record: LedgerRecord) {
    const { alert, provider } = reachedBy(record)
    const outcome = outcomeOf(record)
    const { status } = record
    const destination = (status.kind === 'waiting' && status.destination) || null
    return [
      record.cluster,
      nameOf(alert),
      nameOf(provider),
      objectName(record.event.involvedObject),
      outcome,
      record.acceptedAt,
      expiryOf(record, this.#retentionMs) ?? null,
      record.attempt,
      status.kind === 'waiting' ? status.dueAt : null,
      destination,
      destination === null ? null : record.order,
      recordBody(record),
      Number(orderParts(record.order).sequence),
      record.eventId,
      isTest(record) ? NO_EVENT_ROW : null,
    ] as const
  }
}

function nameOf(identity: Identity | undefined): string | null {
  return identity ? namespacedName(identity) : null
}

/** How many of the first rows a page may have for the bytes of their events. One at least. */
function countThatFit(rows: readonly ListedRow[]): number {
  const seen = new Set<number>()
  let bytes = 0
  const beyond = rows.findIndex(({ eventSeq, eventBytes }) => {
    if (seen.has(eventSeq)) return false
    seen.add(eventSeq)
    bytes += eventBytes ?? 0
    return seen.size > 1 && bytes > PAGE_EVENT_BYTES
  })
  return beyond < 0 ? rows.length : beyond
}
