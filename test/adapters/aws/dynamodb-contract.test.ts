import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import {
  chunkKeys,
  contentHash,
  pointerItem,
  toChunks,
} from '../../../adapters/aws/config-chunks.ts'
import { DynamoDbConfigStore } from '../../../adapters/aws/dynamodb-config.ts'
import type { Item } from '../../../adapters/aws/dynamodb-item.ts'
import { DynamoDbLedger } from '../../../adapters/aws/dynamodb-ledger.ts'
import { DynamoDbStateStore } from '../../../adapters/aws/dynamodb-state.ts'
import { CONFIG_TABLE, LEDGER_TABLE, STATE_TABLE } from '../../../adapters/aws/tables.ts'
import type { ConfigSnapshot } from '../../../relay/model/config.ts'
import type { JsonObject } from '../../../relay/model/json-value.ts'
import { configStoreContract } from '../../contract/config-store-contract.ts'
import { ledgerContract } from '../../contract/ledger-contract.ts'
import { stateStoreContract } from '../../contract/state-store-contract.ts'
import { dynamoDb, type OpenTable } from '../../support/dynamo-db.ts'

const { openTable } = dynamoDb()

async function put({ client, tableName }: Pick<OpenTable, 'client' | 'tableName'>, Item: Item) {
  await client.send(new PutItemCommand({ TableName: tableName, Item }))
}

/** Puts other attributes in the place of a stored item's. */
async function replace(table: Omit<OpenTable, 'close'>, id: string, attributes: Item) {
  const item = (await table.items()).find((each) => each.id?.S === id)
  await put(table, { ...item, ...attributes })
}

const openState = async () => {
  const { close, ...options } = await openTable(STATE_TABLE)
  const replaceText = async (key: string, text: string) => {
    await replace(options, key, { value: { S: text } })
    return new DynamoDbStateStore(options)
  }
  return { state: new DynamoDbStateStore(options), clock: options.clock, replaceText, close }
}
stateStoreContract('DynamoDbStateStore', openState, 15)

const openLedger = async () => {
  const { close, ...options } = await openTable(LEDGER_TABLE)
  const replaceBody = async (id: string, body: string) => {
    await replace(options, id, { body: { S: body } })
  }
  return { ledger: new DynamoDbLedger(options), clock: options.clock, replaceBody, close }
}
ledgerContract('DynamoDbLedger', openLedger, { runs: 40, needsCluster: true })

configStoreContract('DynamoDbConfigStore', async () => {
  const { close, ...options } = await openTable(CONFIG_TABLE)
  // Its name and its time are the pointer's here.
  const leave = async (set: ConfigSnapshot, { v, manifests, objects }: JsonObject) => {
    const { cluster, revision, takenAt } = set
    const content = JSON.stringify({ v, manifests, objects })
    const chunks = toChunks(content)
    const pointer = { revision, takenAt, setId: 'left', chunks: chunks.length }
    for (const [index, part] of chunkKeys(pointer).entries()) {
      const data = { B: chunks[index] ?? new Uint8Array() }
      await put(options, { cluster: { S: cluster }, part: { S: part }, data })
    }
    await put(options, pointerItem(cluster, { ...pointer, content: contentHash(content) }))
    return new DynamoDbConfigStore(options)
  }
  const configs = new DynamoDbConfigStore(options)
  return { configs, clock: options.clock, expire: async () => undefined, leave, close }
})
