import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import { NEWEST_AT_ATTRIBUTE, OBSERVED_ATTRIBUTE, RETIRED_ATTRIBUTE } from './config-chunks.ts'
import { type Item, namesOf } from './dynamodb-item.ts'
import { EXPIRY_ATTRIBUTE } from './tables.ts'

/** A range of the sort keys of a cluster, both ends included. */
export interface ClusterRange {
  readonly cluster: string
  readonly first: string
  readonly last: string
}

/** What is read of an item: all that tokens have, and of a pointer whether its cluster is retired. */
const READ = [
  ...['part', 'hashes', 'hasKeys', NEWEST_AT_ATTRIBUTE],
  ...[OBSERVED_ATTRIBUTE, RETIRED_ATTRIBUTE, EXPIRY_ATTRIBUTE],
]

/**
 * The last item of a cluster in a range, read consistently; undefined when there is none. It reads this one alone:
 * between a pointer and tokens are the sets of before, which may have many megabytes.
 */
export async function lastItem(
  client: DynamoDBClient,
  tableName: string,
  { cluster, first, last }: ClusterRange,
): Promise<Item | undefined> {
  const query = new QueryCommand({
    TableName: tableName,
    KeyConditionExpression: '#cluster = :cluster AND #part BETWEEN :first AND :last',
    ProjectionExpression: READ.map((name) => `#${name}`).join(', '),
    ExpressionAttributeNames: namesOf('cluster', ...READ),
    ExpressionAttributeValues: {
      ':cluster': { S: cluster },
      ':first': { S: first },
      ':last': { S: last },
    },
    ScanIndexForward: false,
    Limit: 1,
    ConsistentRead: true,
  })
  const { Items: [item] = [] } = await client.send(query)
  return item
}
