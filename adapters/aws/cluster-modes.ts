import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { OBSERVED_ATTRIBUTE, POINTER, RETIRED_ATTRIBUTE, TOKENS } from './config-chunks.ts'
import { namesOf, wasWritten } from './dynamodb-item.ts'

/** The item that a mode is written to. */
type ModeItem = typeof POINTER | typeof TOKENS

/**
 * Writes a cluster's mode to its tokens and then to the pointer to its set (`CONFIG_TABLE`). False
 * when it has neither. The pointer's counts, which dispatch reads for every event anyway. A cluster
 * without a set has none yet: its first one takes the mode from the tokens.
 */
export async function writeMode(
  client: DynamoDBClient,
  tableName: string,
  cluster: string,
  isObserved: boolean,
): Promise<boolean> {
  const wasAdmitted = await writeModeOf(client, tableName, cluster, TOKENS, isObserved)
  const hadSet = await writeModeOf(client, tableName, cluster, POINTER, isObserved)
  return wasAdmitted || hadSet
}

/** Writes the mode to one item; false when there is none, or that of a retired cluster. */
export function writeModeOf(
  client: DynamoDBClient,
  tableName: string,
  cluster: string,
  part: ModeItem,
  isObserved: boolean,
): Promise<boolean> {
  const update = new UpdateItemCommand({
    TableName: tableName,
    Key: { cluster: { S: cluster }, part: { S: part } },
    UpdateExpression: isObserved
      ? `SET #${OBSERVED_ATTRIBUTE} = :true`
      : `REMOVE #${OBSERVED_ATTRIBUTE}`,
    ConditionExpression: `attribute_exists(#part) AND attribute_not_exists(#${RETIRED_ATTRIBUTE})`,
    ExpressionAttributeNames: namesOf('part', OBSERVED_ATTRIBUTE, RETIRED_ATTRIBUTE),
    ...(isObserved && { ExpressionAttributeValues: { ':true': { BOOL: true } } }),
  })
  return wasWritten(client.send(update))
}
