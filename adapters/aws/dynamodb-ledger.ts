import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import {
  isTest,
  type LedgerRecord,
  type ListedRecord,
  outcomeOf,
  reachedBy,
} from '../../relay/model/delivery.ts'
import { objectName } from '../../relay/model/event.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { DEFAULT_RETENTION_MS, expiryOf } from '../../relay/model/retention.ts'
import { storedValue } from '../../relay/model/stored/codec.ts'
import { deliveryRecordCodec } from '../../relay/model/stored/delivery-record.ts'
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
import { type ListPart, mergeLists, perOutcome } from '../merged-lists.ts'
import { mapConcurrently } from './concurrency.ts'
import { type Item, MalformedItem, numberOf, textOf, wasWritten } from './dynamodb-item.ts'
import type { TableOptions } from './dynamodb-state.ts'
import { type ItemReads, separateReads } from './item-reads.ts'
import { ledgerItem, listedRecord, parsePosition, positionOf, recordOf } from './ledger-item.ts'
import { type ClusterFilter, type LedgerQuery, ledgerQuery, startKey } from './ledger-query.ts'
import { hasExpired, versionedAttributes } from './versioned-item.ts'

export interface DynamoDbLedgerOptions extends TableOptions {
  /** How long a record is kept after its last change once it is final. Milliseconds. */
  readonly retentionMs?: number
  /** Whether what is done is stored in a form that commit 591c4aa cannot read; true by default. */
  readonly compactRecords?: boolean
  /** Milliseconds before a batch's unprocessed keys are read again, doubled each time. */
  readonly backoffMs?: number
}

const CONCURRENT_WRITES = 16

/** The most queries for one page of a list, of 1 MiB each: a rare record may be far down. */
const MAX_QUERIES = 10

/** The longest key that DynamoDB allows. Nothing is found under a longer one. */
const MAX_KEY_BYTES = 2_048

/** The error for a list of all clusters, which would need a scan of the whole table. */
export class ClusterRequired extends Error {
  override readonly name = 'ClusterRequired'

  constructor() {
    super('name a cluster: on AWS deliveries are listed for one cluster at a time')
  }
}

/**
 * The Ledger on DynamoDB (`LEDGER_TABLE`). Final records expire; waiting ones never do. `writeMany`
 * must get each id at most once. `list` rejects with `ClusterRequired` for a filter without a
 * cluster. It may miss what was stored in the last moment, since indexes lag, and may return a
 * short or empty page that still has a next one.
 */
export class DynamoDbLedger implements Ledger {
  readonly #client: DynamoDBClient
  readonly #tableName: string
  readonly #clock: Clock
  readonly #retentionMs: number
  readonly #reads: ItemReads
  readonly #compactRecords: boolean

  constructor({ client, tableName, clock, ...options }: DynamoDbLedgerOptions) {
    const { retentionMs, backoffMs, compactRecords = true, reads } = options
    this.#client = client
    this.#compactRecords = compactRecords
    this.#tableName = tableName
    this.#clock = clock
    this.#retentionMs = retentionMs ?? DEFAULT_RETENTION_MS
    this.#reads =
      reads ?? separateReads({ client, clock, ...(backoffMs !== undefined && { backoffMs }) })
  }

  /** Never throws: a function cannot know the state of a table between two writes. */
  assertWritable(): void {}

  async readMany(
    ids: readonly string[],
    options: ReadOptions = {},
  ): Promise<ReadonlyArray<Versioned<LedgerRecord>>> {
    return (await this.#readItems(ids, options)).map((item) => this.#versioned(item))
  }

  async #readItems(
    ids: readonly string[],
    { mayLag = false }: ReadOptions = {},
  ): Promise<readonly Item[]> {
    const keys = [...new Set(ids)].filter(isKey).map((id) => ({ id: { S: id } }))
    const items = await this.#reads.getMany(this.#tableName, keys, { mayLag })
    const now = this.#clock.now()
    return items.filter((item) => !hasExpired(item, now))
  }

  async writeMany(writes: readonly LedgerWrite[]): Promise<readonly boolean[]> {
    const puts = writes.map((write) => this.#put(write))
    return mapConcurrently(puts, CONCURRENT_WRITES, (put) => wasWritten(this.#client.send(put)))
  }

  async show(id: string): Promise<ListedRecord | undefined> {
    const [item] = await this.#readItems([id])
    return item && listedRecord(item)
  }

  async list(filter: LedgerFilter, limit: number, cursor?: string): Promise<LedgerPage> {
    const { cluster } = filter
    if (cluster === undefined) throw new ClusterRequired()
    const after = cursor === undefined ? undefined : parseCursor(cursor, filter)
    const lists = perOutcome(filter).map((one) => this.#part({ ...one, cluster }, limit, after))
    const { positions, reached } = mergeLists(await Promise.all(lists), limit, listOrder)
    const found = (await this.#readItems(positions.map(({ id }) => id))).map(listedRecord)
    const byId = new Map(found.map((record) => [record.id, record]))
    const records = positions.flatMap(({ id }) => byId.get(id) ?? [])
    return {
      // Indexes lag: what is listed is what fits now.
      records: records.filter((record) => fits(record, filter)),
      ...(reached && {
        nextCursor: formatCursor(reached, filter),
        reachedTime: reached.acceptedAt,
      }),
    }
  }

  /** The next `limit` positions. */
  async #part(
    filter: ClusterFilter,
    limit: number,
    after: ListPosition | undefined,
  ): Promise<ListPart> {
    const query = ledgerQuery(filter, this.#clock.now())
    const positions: ListPosition[] = []
    let start = after && startKey(filter, after)
    for (let queries = 0; query && queries < MAX_QUERIES; queries += 1) {
      // One more than wanted tells whether there is a next page.
      const found = await this.#query(query, limit + 1 - positions.length, start)
      positions.push(...found.positions.filter(({ id }) => id.startsWith(filter.id ?? '')))
      if (positions.length > limit) {
        const page = positions.slice(0, limit)
        return { positions: page, reached: page.at(-1) }
      }
      start = found.lastKey
      if (!start) return { positions, reached: undefined }
    }
    return { positions, reached: start && positionIn(start) }
  }

  async #query(query: LedgerQuery, limit: number, start: Item | undefined) {
    const { Items: items = [], LastEvaluatedKey: lastKey } = await this.#client.send(
      new QueryCommand({
        ...query.input,
        TableName: this.#tableName,
        ...(start && { ExclusiveStartKey: start }),
        // It counts what is read, before the filter.
        ...(!query.isNarrowed && { Limit: limit }),
      }),
    )
    return { positions: items.map(positionIn), lastKey }
  }

  #put({ record, expected }: LedgerWrite): PutItemCommand {
    const expiresAt = expiryOf(record, this.#retentionMs)
    const { item, condition } = versionedAttributes(expected, expiresAt, this.#clock.now())
    const Item = { ...ledgerItem(record, this.#compactRecords), ...item }
    return new PutItemCommand({ TableName: this.#tableName, Item, ...condition })
  }

  #versioned(item: Item): Versioned<LedgerRecord> {
    const [id, version] = [textOf(item, 'id') ?? '', numberOf(item, 'version')]
    if (version === undefined) throw new MalformedItem(this.#tableName, id)
    return { value: storedValue(deliveryRecordCodec, recordOf(item), id), version }
  }
}

function isKey(id: string): boolean {
  return id !== '' && Buffer.byteLength(id) <= MAX_KEY_BYTES
}

function positionIn(item: Item): ListPosition {
  return parsePosition(textOf(item, 'position') ?? '')
}

function fits(record: ListedRecord, filter: LedgerFilter): boolean {
  const { outcome, alert, provider, object, event } = filter
  // Its attributes are those that the index was searched by; its event is not among them.
  if (record.kind === 'unreadable') return event === undefined
  const reached = reachedBy(record)
  return (
    (outcome === undefined || [outcome].flat().includes(outcomeOf(record))) &&
    (event === undefined || (!isTest(record) && record.eventId.startsWith(event))) &&
    (alert === undefined || (reached.alert && namespacedName(reached.alert)) === alert) &&
    (provider === undefined ||
      (reached.provider && namespacedName(reached.provider)) === provider) &&
    (object === undefined || objectName(record.event.involvedObject) === object)
  )
}

/** The order of the indexes, read backwards: by descending `position`. */
function listOrder(a: ListPosition, b: ListPosition): number {
  const [before, after] = [positionOf(a), positionOf(b)]
  return before > after ? -1 : before < after ? 1 : 0
}
