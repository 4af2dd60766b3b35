import { setTimeout as wait } from 'node:timers/promises'
import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Clock } from '../../relay/ports/clock.ts'
import { mapConcurrently } from './concurrency.ts'
import type { Item } from './dynamodb-item.ts'

export interface BatchGetOptions {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly clock: Clock
  /** Whether the read may miss what was written in the last moment. It costs half as much. */
  readonly mayLag?: boolean
  /** Milliseconds before unprocessed keys are read again, doubled each time. */
  readonly backoffMs?: number
}

/** The most keys in one request. */
const MAX_KEYS = 100

const CONCURRENT_BATCHES = 4

/** The most requests for one batch; with the default waits they take 6 s. */
const MAX_REQUESTS = 8

const DEFAULT_BACKOFF_MS = 50

/**
 * Reads the items that exist, in any order; consistently, unless `mayLag`. A throttled table, and a
 * batch of more than 16 MB, leave keys unprocessed. These are read again; rejects when some are
 * left in the end.
 */
export async function batchGet(
  keys: readonly Item[],
  options: BatchGetOptions,
): Promise<readonly Item[]> {
  const batches = Array.from({ length: Math.ceil(keys.length / MAX_KEYS) }, (_, index) =>
    keys.slice(index * MAX_KEYS, (index + 1) * MAX_KEYS),
  )
  const read = await mapConcurrently(batches, CONCURRENT_BATCHES, (batch) => getAll(batch, options))
  return read.flat()
}

async function getAll(
  batch: readonly Item[],
  { client, tableName, clock, mayLag = false, backoffMs = DEFAULT_BACKOFF_MS }: BatchGetOptions,
): Promise<readonly Item[]> {
  const items: Item[] = []
  let keys = batch
  for (let requests = 1; ; requests += 1) {
    const { Responses: responses, UnprocessedKeys: unprocessed } = await client.send(
      new BatchGetItemCommand({
        RequestItems: { [tableName]: { Keys: [...keys], ConsistentRead: !mayLag } },
      }),
    )
    items.push(...(responses?.[tableName] ?? []))
    keys = unprocessed?.[tableName]?.Keys ?? []
    if (keys.length === 0) return items
    if (requests === MAX_REQUESTS) {
      throw new Error(`table ${tableName} left ${keys.length} keys unread ${requests} times`)
    }
    await wait(backoffMs * 2 ** (requests - 1) * (0.5 + clock.random() / 2))
  }
}
