import { join } from 'node:path'
import { SqliteConfigStore } from '../../../adapters/sqlite/config.ts'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { SqliteSecretStore } from '../../../adapters/sqlite/secrets.ts'
import { SqliteStateStore } from '../../../adapters/sqlite/state.ts'
import { change } from '../../../adapters/sqlite/statement.ts'
import { configStoreContract } from '../../contract/config-store-contract.ts'
import { ledgerContract } from '../../contract/ledger-contract.ts'
import { queueContract, type ReceivingQueue } from '../../contract/queue-contract.ts'
import { secretStoreContract } from '../../contract/secret-store-contract.ts'
import { stateStoreContract } from '../../contract/state-store-contract.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { acceptingLedger, recordWaiting } from './support/accepting-ledger.ts'

function openNew() {
  const database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  return { database, clock: new ManualClock(), close: () => database.close() }
}

function receiverOf(queue: SqliteQueue): ReceivingQueue {
  return {
    receiveEvents: (max) => queue.leaseEvents(max),
    acknowledge: (event) => queue.acknowledge(event),
    release: async (event, notBefore) => queue.release(event, notBefore),
    receiveRetries: (max) => queue.leaseRetries(max),
    acknowledgeRetry: (message) => queue.acknowledgeRetry(message),
    releaseRetry: async (message, notBefore) => queue.releaseRetry(message, notBefore),
  }
}

queueContract(
  'SqliteQueue',
  async () => {
    const { database, clock, close } = openNew()
    const queue = new SqliteQueue(database, clock)
    const ledger = acceptingLedger(database, clock)
    return {
      queue,
      receiver: receiverOf(queue),
      clock,
      pass: async (ms) => clock.advance(ms),
      record: (messages) => recordWaiting(ledger, messages),
      close,
    }
  },
  { holdsMessages: false },
)

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
    await database.write([change('UPDATE ledger SET body = ? WHERE id = ?', body, id)])
  }
  return { ledger: acceptingLedger(database, clock), clock, replaceBody, close }
})
