import { setTimeout as wait } from 'node:timers/promises'
import {
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import type { Clock } from '../../relay/ports/clock.ts'
import { mapConcurrently } from './concurrency.ts'
import type { Item } from './dynamodb-item.ts'

export interface BatchGetOptions {
  readonly client: DynamoDBClient
  readonly clock: Clock
  /** Milliseconds before unprocessed keys are read again, doubled each time. */
  readonly backoffMs?: number
}

/** Keys by table. All keys of one table are read in the same way. */
export type BatchGetRequest = NonNullable<BatchGetItemCommandInput['RequestItems']>

/** The most keys in one request. */
export const MAX_KEYS = 100

const CONCURRENT_BATCHES = 4

/** The most requests for one batch; with the default waits they take 6 s. */
const MAX_REQUESTS = 8

const DEFAULT_BACKOFF_MS = 50

/**
 * Reads the items of a table that exist, in any order; consistently, unless `mayLag`, which may miss
 * what was written in the last moment and costs half as much. A throttled table, and a batch of more
 * than 16 MB, leave keys unprocessed. These are read again; rejects when some are left in the end.
 */
export async function batchGet(
  tableName: string,
  keys: readonly Item[],
  options: BatchGetOptions & { readonly mayLag?: boolean },
): Promise<readonly Item[]> {
  const { mayLag = false } = options
  const batches = Array.from({ length: Math.ceil(keys.length / MAX_KEYS) }, (_, index) => ({
    Keys: keys.slice(index * MAX_KEYS, (index + 1) * MAX_KEYS),
    ConsistentRead: !mayLag,
  }))
  const read = await mapConcurrently(batches, CONCURRENT_BATCHES, (batch) =>
    getAll({ [tableName]: batch }, options),
  )
  return read.flatMap((found) => found.get(tableName) ?? [])
}

/** Reads what one request may name, `MAX_KEYS` keys; gives the items that exist, by their table. */
export async function getAll(
  request: BatchGetRequest,
  { client, clock, backoffMs = DEFAULT_BACKOFF_MS }: BatchGetOptions,
): Promise<ReadonlyMap<string, readonly Item[]>> {
  const items = new Map<string, Item[]>()
  let left = request
  for (let requests = 1; ; requests += 1) {
    const { Responses: responses = {}, UnprocessedKeys: unprocessed = {} } = await client.send(
      new BatchGetItemCommand({ RequestItems: left }),
    )
    for (const [table, found] of Object.entries(responses)) {
      items.set(table, [...(items.get(table) ?? []), ...found])
    }
    left = unprocessed
    if (Object.keys(left).length === 0) return items
    if (requests === MAX_REQUESTS) {
      const unread = Object.entries(left).map(([table, { Keys: keys = [] }]) => {
        return `table ${table} left ${keys.length} keys unread ${requests} times`
      })
      throw new Error(unread.join('; '))
    }
    await wait(backoffMs * 2 ** (requests - 1) * (0.5 + clock.random() / 2))
  }
}
