import { join } from 'node:path'
import { SqliteConfigStore } from '../../../adapters/sqlite/config.ts'
import type { LedgerOptions } from '../../../adapters/sqlite/ledger.ts'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { SqliteSecretStore } from '../../../adapters/sqlite/secrets.ts'
import { SqliteStateStore } from '../../../adapters/sqlite/state.ts'
import { change } from '../../../adapters/sqlite/statement.ts'
import type { ConfigSnapshot } from '../../../relay/model/config.ts'
import type { JsonObject } from '../../../relay/model/json-value.ts'
import { configStoreContract } from '../../contract/config-store-contract.ts'
import { ledgerContract } from '../../contract/ledger-contract.ts'
import { queueContract, type ReceivingQueue } from '../../contract/queue-contract.ts'
import { secretStoreContract } from '../../contract/secret-store-contract.ts'
import { stateStoreContract } from '../../contract/state-store-contract.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { acceptingLedger, recordWaiting } from './support/accepting-ledger.ts'

const LEAVE_EVENT = 'INSERT INTO events (id, grp, accepted_at, queued, body) VALUES (?, ?, ?, 1, ?)'
const LEAVE_CONFIG =
  'INSERT OR REPLACE INTO configs (cluster, revision, taken_at, body) VALUES (?, ?, ?, ?)'

function openNew() {
  const database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  return { database, clock: new ManualClock(), close: () => database.close() }
}

function receiverOf(queue: SqliteQueue): ReceivingQueue {
  return {
    receiveEvents: async (max) => queue.leaseEvents(max),
    acknowledge: async (event) => queue.acknowledge(event),
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
      leaveEvent: async ({ id, group, acceptedAt }, body) => {
        const parameters = [id, group, acceptedAt, JSON.stringify(body)] as const
        await database.write([change(LEAVE_EVENT, ...parameters)])
        return receiverOf(new SqliteQueue(database, clock))
      },
      close,
    }
  },
  { holdsMessages: false },
)

configStoreContract('SqliteConfigStore', async () => {
  const { database, clock, close } = openNew()
  const leave = async (set: ConfigSnapshot, body: JsonObject) => {
    const parameters = [set.cluster, set.revision, set.takenAt, JSON.stringify(body)] as const
    await database.write([change(LEAVE_CONFIG, ...parameters)])
    return new SqliteConfigStore(database, clock)
  }
  const configs = new SqliteConfigStore(database, clock)
  const expire = async () => {
    await configs.sweep(clock.now())
  }
  return { configs, clock, expire, leave, close }
})

secretStoreContract('SqliteSecretStore', async () => {
  const { database, close } = openNew()
  const secrets = new SqliteSecretStore(database)
  return { secrets, writer: secrets, close }
})

stateStoreContract('SqliteStateStore', async () => {
  const { database, clock, close } = openNew()
  const replaceText = async (key: string, text: string) => {
    await database.write([change('UPDATE state SET value = ? WHERE key = ?', text, key)])
    return new SqliteStateStore(database, clock)
  }
  return { state: new SqliteStateStore(database, clock), clock, replaceText, close }
})

const openLedger = (options: LedgerOptions) => async () => {
  const { database, clock, close } = openNew()
  const replaceBody = async (id: string, body: string) => {
    await database.write([change('UPDATE ledger SET body = ? WHERE id = ?', body, id)])
  }
  return { ledger: acceptingLedger(database, clock, options), clock, replaceBody, close }
}

ledgerContract('SqliteLedger', openLedger({}))
ledgerContract('SqliteLedger that looks at few records at once', openLedger({ lookedAt: 2 }))
