import {
  type DynamoDBClient,
  GetItemCommand,
  paginateQuery,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { mapConcurrently } from './concurrency.ts'
import {
  CHUNK_PREFIX,
  FOLLOWED_ATTRIBUTE,
  OBSERVED_ATTRIBUTE,
  POINTER,
  RETIRED_ATTRIBUTE,
} from './config-chunks.ts'
import { type Item, namesOf, numberOf, textOf, wasWritten } from './dynamodb-item.ts'
import type { TableOptions } from './dynamodb-state.ts'
import { EXPIRY_ATTRIBUTE, TTL_ATTRIBUTE } from './tables.ts'
import { expiryAttributes, hasExpired } from './versioned-item.ts'

const CONCURRENT_REQUESTS = 8

/** Takes the sets of clusters that are gone out of use, and brings them back (`CONFIG_TABLE`). */
export class RetiredConfigs {
  readonly #client: DynamoDBClient
  readonly #tableName: string
  readonly #clock: TableOptions['clock']

  constructor({ client, tableName, clock }: TableOptions) {
    this.#client = client
    this.#tableName = tableName
    this.#clock = clock
  }

  /**
   * Hides a cluster's set, and deletes it after `keptMs` milliseconds. False when it has none. A
   * set that is put in between replaces it.
   */
  async retire(cluster: string, keptMs: number): Promise<boolean> {
    if (!(await this.#isThere(cluster, 'in use'))) return false
    const now = this.#clock.now()
    const isRetired = await this.#update(cluster, POINTER, {
      set: { ...expiryAttributes(now + keptMs), [RETIRED_ATTRIBUTE]: { N: String(now) } },
    })
    // Later than the pointer, which must not be left without them.
    const later = { set: expiryAttributes(now + 2 * keptMs) }
    await this.#updateChunks(cluster, later)
    return isRetired
  }

  /**
   * Restores a retired set, observed if it is to be so, and else as it was. False when there is none, or none any more.
   */
  async restore(cluster: string, isObserved = false): Promise<boolean> {
    if (!(await this.#isThere(cluster, 'retired'))) return false
    const lasting = { remove: [TTL_ATTRIBUTE, EXPIRY_ATTRIBUTE] }
    await this.#updateChunks(cluster, lasting)
    // What waited while it was hidden follows from it again.
    const remove = [...lasting.remove, RETIRED_ATTRIBUTE, FOLLOWED_ATTRIBUTE]
    const set: Item = isObserved ? { [OBSERVED_ATTRIBUTE]: { BOOL: true } } : {}
    return this.#update(cluster, POINTER, { set, remove })
  }

  async #isThere(cluster: string, state: 'in use' | 'retired'): Promise<boolean> {
    const Key = { cluster: { S: cluster }, part: { S: POINTER } }
    const get = new GetItemCommand({ TableName: this.#tableName, Key, ConsistentRead: true })
    const { Item: item } = await this.#client.send(get)
    if (!item || hasExpired(item, this.#clock.now())) return false
    return (numberOf(item, RETIRED_ATTRIBUTE) !== undefined) === (state === 'retired')
  }

  async #updateChunks(cluster: string, change: Change): Promise<void> {
    const query = {
      TableName: this.#tableName,
      KeyConditionExpression: '#cluster = :cluster AND begins_with(#part, :prefix)',
      ProjectionExpression: '#part',
      ExpressionAttributeNames: namesOf('cluster', 'part'),
      ExpressionAttributeValues: { ':cluster': { S: cluster }, ':prefix': { S: CHUNK_PREFIX } },
      ConsistentRead: true,
    }
    for await (const { Items: items = [] } of paginateQuery({ client: this.#client }, query)) {
      await mapConcurrently(items, CONCURRENT_REQUESTS, (item) =>
        this.#update(cluster, textOf(item, 'part') ?? '', change),
      )
    }
  }

  /** Updates an item if it exists. Without the condition an update would create it. */
  #update(cluster: string, part: string, { set = {}, remove = [] }: Change): Promise<boolean> {
    const sets = Object.keys(set).map((name) => `#${name} = :${name}`)
    const expressions = [
      ...(sets.length > 0 ? [`SET ${sets.join(', ')}`] : []),
      ...(remove.length > 0 ? [`REMOVE ${remove.map((name) => `#${name}`).join(', ')}`] : []),
    ]
    const values = Object.entries(set).map(([name, value]) => [`:${name}`, value] as const)
    const update = new UpdateItemCommand({
      TableName: this.#tableName,
      Key: { cluster: { S: cluster }, part: { S: part } },
      UpdateExpression: expressions.join(' '),
      ConditionExpression: 'attribute_exists(#part)',
      ExpressionAttributeNames: namesOf('part', ...Object.keys(set), ...remove),
      ...(values.length > 0 && { ExpressionAttributeValues: Object.fromEntries(values) }),
    })
    return wasWritten(this.#client.send(update))
  }
}

interface Change {
  readonly set?: Item
  readonly remove?: readonly string[]
}
