import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll } from 'vitest'
import { createDynamoDbClient } from '../../adapters/aws/clients.ts'
import type { Item } from '../../adapters/aws/dynamodb-item.ts'
import type { TableDefinition } from '../../adapters/aws/tables.ts'
import { type AwsEndpoint, fitted, startDynamoDb } from './aws-endpoints.ts'
import { awaitIndexes, createTable, deleteTable } from './aws-tables.ts'
import { ManualClock } from './manual-clock.ts'

/** What a store on a new table needs. */
export interface OpenTable {
  /** The table's own client, which a test may intercept. */
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly clock: ManualClock
  items(): Promise<readonly Item[]>
  close(): Promise<void>
}

/** Runs DynamoDB for a test file. */
export function dynamoDb(): { openTable(definition: TableDefinition): Promise<OpenTable> } {
  let endpoint: AwsEndpoint
  let admin: DynamoDBClient
  beforeAll(async () => {
    endpoint = await startDynamoDb()
    admin = fitted(createDynamoDbClient(endpoint.options))
  })
  afterAll(async () => {
    admin.destroy()
    await endpoint.stop()
  })
  return {
    async openTable(definition) {
      const tableName = await createTable(admin, definition)
      const client = fitted(createDynamoDbClient(endpoint.options))
      awaitIndexes(client)
      return {
        client,
        tableName,
        clock: new ManualClock(),
        items: async () => {
          const items: Item[] = []
          const scan = { TableName: tableName, ConsistentRead: true }
          // A page has a megabyte at most.
          for await (const page of paginateScan({ client: admin }, scan)) {
            items.push(...(page.Items ?? []))
          }
          return items
        },
        close: async () => {
          client.destroy()
          await deleteTable(admin, tableName)
        },
      }
    },
  }
}
