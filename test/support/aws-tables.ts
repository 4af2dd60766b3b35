import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  ResourceNotFoundException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import type { KeyNames, TableDefinition } from '../../adapters/aws/tables.ts'
import { isAccount } from './aws-endpoints.ts'

/** Creates a table of its own for a test; resolves with its name. */
export async function createTable(
  client: DynamoDBClient,
  definition: TableDefinition,
): Promise<string> {
  const input = tableInput(`flux-relay-test-${randomUUID()}`, definition)
  await client.send(new CreateTableCommand(input))
  const limits = { client, maxWaitTime: 60, minDelay: 0.02, maxDelay: 2 }
  await waitUntilTableExists(limits, { TableName: input.TableName })
  return input.TableName
}

/** Deletes a table. A busy emulator may answer so late that the SDK asks again for what is done. */
export async function deleteTable(client: DynamoDBClient, TableName: string): Promise<void> {
  try {
    await client.send(new DeleteTableCommand({ TableName }))
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error
  }
}

/** An index follows its table "within a fraction of a second, under normal conditions". */
const INDEX_LAG_MS = 500

/**
 * Makes a client of an account wait before it reads an index, so that tests see what they wrote.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.Writes
 */
export function awaitIndexes(client: DynamoDBClient): void {
  if (!isAccount) return
  client.middlewareStack.add(
    (next) => async (args) => {
      if ('IndexName' in args.input) await wait(INDEX_LAG_MS)
      return next(args)
    },
    { step: 'initialize', name: 'await-indexes' },
  )
}

function tableInput(
  TableName: string,
  { key, indexes, projected }: TableDefinition,
): CreateTableCommandInput & { readonly TableName: string } {
  const keys = [key, ...indexes.map((index) => index.key)]
  const attributes = new Set(keys.flatMap(({ partition, sort }) => [partition, sort ?? partition]))
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keySchema(key),
    AttributeDefinitions: [...attributes].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S',
    })),
    ...(indexes.length > 0 && {
      GlobalSecondaryIndexes: indexes.map((index) => ({
        IndexName: index.name,
        KeySchema: keySchema(index.key),
        Projection: {
          ProjectionType: 'INCLUDE',
          NonKeyAttributes: [...(index.projected ?? projected)],
        },
      })),
    }),
  }
}

function keySchema({ partition, sort }: KeyNames): KeySchemaElement[] {
  return [
    { AttributeName: partition, KeyType: 'HASH' },
    ...(sort === undefined ? [] : [{ AttributeName: sort, KeyType: 'RANGE' as const }]),
  ]
}
