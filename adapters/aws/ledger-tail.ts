import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import type { ListedRecord } from '../../relay/model/delivery.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { ListPosition } from '../ledger-cursor.ts'
import { batchGet } from './batch-get.ts'
import { textOf } from './dynamodb-item.ts'
import { listedRecord, parsePosition } from './ledger-item.ts'
import { type ClusterFilter, ledgerQuery } from './ledger-query.ts'
import { hasExpired } from './versioned-item.ts'

export interface LedgerTailOptions {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly clock: Clock
}

/** Which records are looked for: those of a cluster, of one outcome, accepted from a time on. */
export type TailFilter = Pick<ClusterFilter, 'cluster' | 'outcome' | 'since'>

/**
 * What came last to the ledger, for who asks again and again: one query of an index, and records by their ids.
 * Both reads may miss what was written in the last moment, and cost half of what a list does.
 */
export class LedgerTail {
  readonly #options: LedgerTailOptions

  constructor(options: LedgerTailOptions) {
    this.#options = options
  }

  /** The latest `limit` positions that fit, the latest first. Expired ones among them are left out. */
  async positions(filter: TailFilter, limit: number): Promise<readonly ListPosition[]> {
    const { client, tableName, clock } = this.#options
    const query = ledgerQuery(filter, clock.now())
    if (query === undefined) return []
    const { Items: items = [] } = await client.send(
      new QueryCommand({ ...query.input, TableName: tableName, Limit: limit }),
    )
    return items.map((item) => parsePosition(textOf(item, 'position') ?? ''))
  }

  /** The records that exist, in any order. Each id may be given once. */
  async read(ids: readonly string[]): Promise<readonly ListedRecord[]> {
    const keys = ids.map((id) => ({ id: { S: id } }))
    const { tableName, ...options } = this.#options
    const items = await batchGet(tableName, keys, { ...options, mayLag: true })
    const now = options.clock.now()
    return items.filter((item) => !hasExpired(item, now)).map(listedRecord)
  }
}
