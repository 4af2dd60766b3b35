import { type DynamoDBClient, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { RetryMessage } from '../../relay/model/queue-messages.ts'
import { type DueHolder, dueShardKey } from './due-item.ts'
import { type Item, namesOf, numberOf, textOf, wasWritten } from './dynamodb-item.ts'
import { LEDGER_INDEXES } from './tables.ts'
import { parsePlace, timeKey } from './time-key.ts'

/** A record that waits, as the index knows it. */
export interface DueEntry {
  readonly message: RetryMessage
  /** The position of the record in its part of the index. */
  readonly position: string
}

export interface DueQuestion {
  readonly holder: DueHolder
  readonly shard: number
  /** The position after which to continue. */
  readonly after?: string | undefined
  /** The time before which the records are due, in milliseconds since the epoch. */
  readonly before: number
  readonly limit: number
}

/** A text that sorts before anything that may follow a position. */
const NEXT = ' '

/**
 * The index of the ledger's waiting records by their due times. What was written a moment ago may
 * be missing.
 */
export class DueIndex {
  readonly #client: DynamoDBClient
  readonly #tableName: string

  constructor(options: { readonly client: DynamoDBClient; readonly tableName: string }) {
    this.#client = options.client
    this.#tableName = options.tableName
  }

  /** The first records in a part of the index, in the order in which they are due. */
  async page({ holder, shard, after, before, limit }: DueQuestion): Promise<readonly DueEntry[]> {
    const from = after === undefined ? timeKey(0) : after + NEXT
    const to = timeKey(before)
    // An empty range is an error to DynamoDB.
    if (from >= to) return []
    const { partition, sort } = LEDGER_INDEXES.byDue.key
    const { Items: items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#tableName,
        IndexName: LEDGER_INDEXES.byDue.name,
        // No position is a time alone, so the upper end is not among them.
        KeyConditionExpression: `#${partition} = :shard AND #${sort} BETWEEN :from AND :to`,
        ExpressionAttributeNames: namesOf(partition, sort),
        ExpressionAttributeValues: {
          ':shard': { S: dueShardKey(holder, shard) },
          ':from': { S: from },
          ':to': { S: to },
        },
        Limit: limit,
      }),
    )
    return items.flatMap(entryOf)
  }

  /** Removes a record from the index until it is written again, if it still waits for this try. */
  async remove({ deliveryId, attempt }: Pick<RetryMessage, 'deliveryId' | 'attempt'>) {
    const { partition, sort } = LEDGER_INDEXES.byDue.key
    const update = new UpdateItemCommand({
      TableName: this.#tableName,
      Key: { id: { S: deliveryId } },
      UpdateExpression: `REMOVE #${partition}, #${sort}`,
      ConditionExpression: '#attempt = :attempt',
      ExpressionAttributeNames: namesOf(partition, sort, 'attempt'),
      ExpressionAttributeValues: { ':attempt': { N: String(attempt) } },
    })
    await wasWritten(this.#client.send(update))
  }
}

function entryOf(item: Item): readonly DueEntry[] {
  const position = textOf(item, LEDGER_INDEXES.byDue.key.sort)
  const [attempt, cluster] = [numberOf(item, 'attempt'), textOf(item, 'cluster')]
  if (position === undefined || attempt === undefined || cluster === undefined) return []
  const { time: dueAt, id: deliveryId } = parsePlace(position)
  return [{ position, message: { deliveryId, attempt, dueAt, cluster } }]
}
