import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { CHANGED_AT_ATTRIBUTE, FOLLOWED_ATTRIBUTE, POINTER } from './config-chunks.ts'
import { namesOf, numberOf, textOf, wasWritten } from './dynamodb-item.ts'
import type { TableOptions } from './dynamodb-state.ts'
import { type ItemReads, separateReads } from './item-reads.ts'

/**
 * How long after a change a delivery may still find the set, or a Secret, as it was before, and come to wait for it.
 * Milliseconds.
 */
const SETTLED_AFTER_MS = 30_000

/** A set whose consequences are not all done. */
export interface UnfollowedSet {
  readonly cluster: string
  /** The name of its chunks. */
  readonly setId: string
  /** When it came, in milliseconds since the epoch; 0 where that was not noted. */
  readonly changedAt: number
}

/**
 * Notes of the clusters' sets (`CONFIG_TABLE`) that what follows from them is done: a set that is only confirmed is
 * followed no further. The note is on the pointer, and a set of another content, which also tells what is ready, has none.
 */
export class FollowedSets {
  readonly #options: TableOptions
  readonly #reads: ItemReads

  constructor(options: TableOptions) {
    this.#options = options
    this.#reads = options.reads ?? separateReads(options)
  }

  /** The set of a cluster if something is still to follow from it; undefined when all is done, or there is no set. */
  async unfollowed(cluster: string): Promise<UnfollowedSet | undefined> {
    const key = { cluster: { S: cluster }, part: { S: POINTER } }
    const item = await this.#reads.get(this.#options.tableName, key)
    const setId = item && textOf(item, 'setId')
    if (setId === undefined || item?.[FOLLOWED_ATTRIBUTE]?.BOOL === true) return undefined
    return { cluster, setId, changedAt: numberOf(item, CHANGED_AT_ATTRIBUTE) ?? 0 }
  }

  /**
   * Notes that all that follows from the set was done, by work that began at `begunAt`. Nothing is noted where another
   * set has come since, nor of work that began so soon that something may have been missed.
   */
  async follow({ cluster, setId, changedAt }: UnfollowedSet, begunAt: number): Promise<void> {
    if (begunAt < changedAt + SETTLED_AFTER_MS) return
    const { client, tableName } = this.#options
    const update = new UpdateItemCommand({
      TableName: tableName,
      Key: { cluster: { S: cluster }, part: { S: POINTER } },
      UpdateExpression: `SET #${FOLLOWED_ATTRIBUTE} = :true`,
      ConditionExpression: '#setId = :setId',
      ExpressionAttributeNames: namesOf('setId', FOLLOWED_ATTRIBUTE),
      ExpressionAttributeValues: { ':true': { BOOL: true }, ':setId': { S: setId } },
    })
    await wasWritten(client.send(update))
  }
}
