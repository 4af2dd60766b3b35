import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../../adapters/sqlite/database.ts'
import { SqliteLedger } from '../../../adapters/sqlite/ledger.ts'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { APPLICATION_ID, SCHEMA_VERSION } from '../../../adapters/sqlite/schema.ts'
import { SqliteSecretStore } from '../../../adapters/sqlite/secrets.ts'
import { acceptedEvent, deliveryRecord } from '../../support/delivery-records.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { newFile, snapshot } from './support/database-files.ts'

const NAME = ['prod', 'flux-system', 'slack'] as const

describe('SqliteSecretStore', () => {
  it('keeps Secrets over a restart, in a file that only its owner can read', async () => {
    const file = newFile()
    const first = openDatabase(file)
    await new SqliteSecretStore(first).write(...NAME, { token: 'hunter2' })
    expect(statSync(`${file}-wal`).mode & 0o077).toBe(0)
    first.close()
    expect(statSync(file).mode & 0o077).toBe(0)
    const second = openDatabase(file)
    expect(await new SqliteSecretStore(second).read(...NAME)).toEqual({ token: 'hunter2' })
    second.close()
  })
})

describe('a database of version 1', () => {
  it('gets the table of Secrets, and keeps what it holds', async () => {
    const file = await versionOneDatabase()
    const database = openDatabase(file)
    expect(database.get('PRAGMA user_version')).toEqual({ user_version: SCHEMA_VERSION })
    expect(database.get('PRAGMA application_id')).toEqual({ application_id: APPLICATION_ID })
    const clock = new ManualClock()
    const records = await new SqliteLedger(database, clock).readMany(['delivery-1'])
    expect(records).toEqual([{ value: deliveryRecord(), version: 1 }])
    expect(new SqliteQueue(database, clock).leaseEvents(10)).toMatchObject([acceptedEvent()])
    const secrets = new SqliteSecretStore(database)
    expect(await secrets.read(...NAME)).toBeUndefined()
    await secrets.write(...NAME, { token: 'a' })
    expect(await secrets.read(...NAME)).toEqual({ token: 'a' })
    database.close()
    const before = snapshot(file)
    openDatabase(file).close()
    expect(snapshot(file)).toEqual(before)
  })
})

/** As the version before Secrets left it: its schema never changes, so what it lacks is dropped. */
async function versionOneDatabase(): Promise<string> {
  const file = newFile()
  const database = openDatabase(file)
  const clock = new ManualClock()
  await new SqliteQueue(database, clock).send([acceptedEvent()])
  const record = deliveryRecord()
  await new SqliteLedger(database, clock).writeMany([{ record, expected: 'absent' }])
  database.close()
  const connection = new DatabaseSync(file)
  connection.exec(
    'DROP TABLE secrets; DROP TABLE order_time; DROP TABLE quarantine; PRAGMA user_version = 1',
  )
  connection.close()
  return file
}
