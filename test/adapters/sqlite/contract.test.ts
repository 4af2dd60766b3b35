import { join } from 'node:path'
import { SqliteConfigStore } from '../../../adapters/sqlite/config.ts'
import { openDatabase } from '../../../adapters/sqlite/database.ts'
import { SqliteLedger } from '../../../adapters/sqlite/ledger.ts'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { SqliteSecretStore } from '../../../adapters/sqlite/secrets.ts'
import { SqliteStateStore } from '../../../adapters/sqlite/state.ts'
import { configStoreContract } from '../../contract/config-store-contract.ts'
import { ledgerContract } from '../../contract/ledger-contract.ts'
import { queueContract, type ReceivingQueue } from '../../contract/queue-contract.ts'
import { secretStoreContract } from '../../contract/secret-store-contract.ts'
import { stateStoreContract } from '../../contract/state-store-contract.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

function openNew() {
  const database = openDatabase(join(temporaryDirectory(), 'relay.db'))
  return { database, clock: new ManualClock(), close: async () => database.close() }
}

function receiverOf(queue: SqliteQueue): ReceivingQueue {
  return {
    receiveEvents: async (max) => queue.leaseEvents(max),
    acknowledge: (event) => queue.acknowledge(event),
    release: async (event, notBefore) => queue.release(event, notBefore),
    receiveRetries: async (max) => queue.leaseRetries(max),
    acknowledgeRetry: (message) => queue.acknowledgeRetry(message),
    releaseRetry: async (message, notBefore) => queue.releaseRetry(message, notBefore),
  }
}

queueContract('SqliteQueue', async () => {
  const { database, clock, close } = openNew()
  const queue = new SqliteQueue(database, clock)
  return { queue, receiver: receiverOf(queue), clock, pass: async (ms) => clock.advance(ms), close }
})

configStoreContract('SqliteConfigStore', async () => {
  const { database, close } = openNew()
  return { configs: new SqliteConfigStore(database), close }
})

secretStoreContract('SqliteSecretStore', async () => {
  const { database, close } = openNew()
  const secrets = new SqliteSecretStore(database)
  return { secrets, writer: secrets, close }
})

stateStoreContract('SqliteStateStore', async () => {
  const { database, clock, close } = openNew()
  return { state: new SqliteStateStore(database, clock), clock, close }
})

ledgerContract('SqliteLedger', async () => {
  const { database, clock, close } = openNew()
  const replaceBody = async (id: string, body: string) => {
    await database.write(() => database.run('UPDATE ledger SET body = ? WHERE id = ?', body, id))
  }
  return { ledger: new SqliteLedger(database, clock), clock, replaceBody, close }
})
