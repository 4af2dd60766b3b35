import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDbConfigStore } from '../../../adapters/aws/dynamodb-config.ts'
import { DynamoDbLedger } from '../../../adapters/aws/dynamodb-ledger.ts'
import { DynamoDbStateStore } from '../../../adapters/aws/dynamodb-state.ts'
import { CONFIG_TABLE, LEDGER_TABLE, STATE_TABLE } from '../../../adapters/aws/tables.ts'
import { configStoreContract } from '../../contract/config-store-contract.ts'
import { ledgerContract } from '../../contract/ledger-contract.ts'
import { stateStoreContract } from '../../contract/state-store-contract.ts'
import { dynamoDb } from '../../support/dynamo-db.ts'

const { openTable } = dynamoDb()

const openState = async () => {
  const { close, ...options } = await openTable(STATE_TABLE)
  return { state: new DynamoDbStateStore(options), clock: options.clock, close }
}
stateStoreContract('DynamoDbStateStore', openState, 15)

const openLedger = async () => {
  const { close, ...options } = await openTable(LEDGER_TABLE)
  const replaceBody = async (id: string, body: string) => {
    const { client, tableName, items } = options
    const item = (await items()).find((each) => each.id?.S === id)
    const Item = { ...item, body: { S: body } }
    await client.send(new PutItemCommand({ TableName: tableName, Item }))
  }
  return { ledger: new DynamoDbLedger(options), clock: options.clock, replaceBody, close }
}
ledgerContract('DynamoDbLedger', openLedger, { runs: 40, needsCluster: true })

configStoreContract('DynamoDbConfigStore', async () => {
  const { close, ...options } = await openTable(CONFIG_TABLE)
  return { configs: new DynamoDbConfigStore(options), close }
})
