import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { type BatchGetOptions, batchGet } from './batch-get.ts'
import type { Item } from './dynamodb-item.ts'

/** Reads items by their keys. */
export interface ItemReads {
  /** Consistently; undefined without such an item. */
  get(tableName: string, key: Item): Promise<Item | undefined>
  /** Those that exist, in no order; consistently, unless what was written within the last moment may be missing. */
  getMany(
    tableName: string,
    keys: readonly Item[],
    options: { readonly mayLag: boolean },
  ): Promise<readonly Item[]>
}

/** Each read by itself. */
export function separateReads(options: BatchGetOptions): ItemReads {
  return {
    async get(tableName, key) {
      const { Item: item } = await options.client.send(
        new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true }),
      )
      return item
    },
    getMany: (tableName, keys, { mayLag }) => batchGet(tableName, keys, { ...options, mayLag }),
  }
}
