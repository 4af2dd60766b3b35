import { QueryCommand } from '@aws-sdk/client-dynamodb'
import { namesOf, textOf } from './dynamodb-item.ts'
import type { TableOptions } from './dynamodb-state.ts'
import { openOutcomeKey, parsePosition } from './ledger-item.ts'
import { LEDGER_INDEXES } from './tables.ts'

/** Tells when the event of a cluster's oldest waiting delivery was accepted. */
export interface OldestOpen {
  /**
   * The accept time in milliseconds since the epoch; undefined when no delivery waits. Rejects when
   * the ledger fails.
   */
  acceptedAt(cluster: string): Promise<number | undefined>
}

/** Reads one entry of the ledger's sparse index (`LEDGER_TABLE`). */
export function createOldestOpen({
  client,
  tableName,
}: Pick<TableOptions, 'client' | 'tableName'>): OldestOpen {
  const { name, key } = LEDGER_INDEXES.openByOutcome
  return {
    async acceptedAt(cluster) {
      const query = new QueryCommand({
        TableName: tableName,
        IndexName: name,
        KeyConditionExpression: `#${key.partition} = :retry`,
        ExpressionAttributeNames: namesOf(key.partition, key.sort),
        ExpressionAttributeValues: { ':retry': { S: openOutcomeKey(cluster, 'retry') ?? '' } },
        ProjectionExpression: `#${key.sort}`,
        Limit: 1,
      })
      const [item] = (await client.send(query)).Items ?? []
      return item && parsePosition(textOf(item, key.sort) ?? '').acceptedAt
    },
  }
}
