import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SqliteConfigStore } from '../../../adapters/sqlite/config.ts'
import { diskSpace } from '../../../adapters/sqlite/disk-space.ts'
import { latestAccepted, oldestWaiting } from '../../../adapters/sqlite/ledger-ages.ts'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { planOf, statementsOf } from './support/query-plans.ts'

const INSERT = `INSERT INTO ledger (id, cluster, object, outcome, accepted_at, version, attempt, event_seq, body)
  VALUES (?, ?, 'Pod/a/b', ?, ?, 1, 1, ?, '{}')`

function openDatabase() {
  const file = join(temporaryDirectory(), 'relay.db')
  const database = openRelayDatabase(file)
  onTestFinished(() => database.close())
  const add = (id: string, cluster: string, outcome: string, acceptedAt: number, event = 1) =>
    database.write([{ sql: INSERT, parameters: [id, cluster, outcome, acceptedAt, event] }])
  return { file, database, add }
}

it('finds the last event of each cluster, and the oldest delivery that waits', async () => {
  const { database, add } = openDatabase()
  expect([await latestAccepted(database), await oldestWaiting(database)]).toEqual([
    new Map(),
    undefined,
  ])
  await add('a', 'prod', 'delivered', 1_000)
  await add('b', 'prod', 'delivered', 3_000)
  await add('c', 'prod', 'retry', 2_000)
  await add('d', 'staging', 'dead', 500)
  await add('e', 'staging', 'retry', 1_500)
  // It waits because a rule says so, and nothing is wrong.
  await add('h', 'prod', 'held', 100)
  // Tests of Providers, whose events no cluster reported.
  await add('f', 'staging', 'failed', 9_000, 0)
  await add('g', 'tested', 'delivered', 9_000, 0)
  expect(await latestAccepted(database)).toEqual(
    new Map([
      ['prod', 3_000],
      ['staging', 1_500],
    ]),
  )
  expect(await oldestWaiting(database)).toBe(1_500)
})

it('looks it up in indexes, however much there is', async () => {
  const { database } = openDatabase()
  const statements = await statementsOf(database, async () => {
    await latestAccepted(database)
    await oldestWaiting(database)
  })
  expect(statements).toHaveLength(2)
  for (const sql of statements) {
    const steps = await planOf(database, sql)
    const reads = steps.filter((step) => /\bledger\b/.test(step))
    expect(reads.length).toBeGreaterThan(0)
    for (const step of reads) expect(step).toMatch(/^SEARCH ledger USING (COVERING )?INDEX/)
  }
})

it('tells when a set was taken and how much of it takes no effect, before and after a restart', async () => {
  const { database } = openDatabase()
  const object = { kind: 'Alert', namespace: 'a', reason: 'Succeeded', message: '' }
  const snapshot = {
    cluster: 'prod',
    revision: 'r1',
    takenAt: 7_000,
    manifests: [],
    objects: [
      { ...object, name: 'one', ready: true },
      { ...object, name: 'two', ready: false },
      { ...object, name: 'three', ready: false },
    ],
  }
  const store = new SqliteConfigStore(database, new ManualClock())
  await store.replace(snapshot)
  const nobody = { heardAt: null, shipper: null }
  const expected = [{ cluster: 'prod', takenAt: 7_000, notReady: 2, ...nobody }]
  expect(await store.summaries()).toEqual(expected)
  expect(await new SqliteConfigStore(database, new ManualClock()).summaries()).toEqual(expected)
  await store.replace({ ...snapshot, takenAt: 8_000, objects: [] })
  await store.replace({ ...snapshot, takenAt: 7_500 })
  expect(await store.summaries()).toEqual([
    { cluster: 'prod', takenAt: 8_000, notReady: 0, ...nobody },
  ])
})

it('tells when a shipper last sent a set, and its version, through sets of others', async () => {
  const { database } = openDatabase()
  const store = new SqliteConfigStore(database, new ManualClock())
  const set = { cluster: 'prod', revision: 'r1', manifests: [], objects: [] }
  const known = { cluster: 'prod', notReady: 0 }
  const summaries = () =>
    Promise.all(
      [store, new SqliteConfigStore(database, new ManualClock())].map((it) => it.summaries()),
    )
  await store.replace({ ...set, takenAt: 1_000 }, '0.1.0')
  const first = [{ ...known, takenAt: 1_000, heardAt: 1_000, shipper: '0.1.0' }]
  expect(await summaries()).toEqual([first, first])
  // One that knows nothing yet stores what a person applies.
  const other = new SqliteConfigStore(database, new ManualClock())
  await other.replace({ ...set, takenAt: 2_000 })
  const second = [{ ...known, takenAt: 2_000, heardAt: 1_000, shipper: '0.1.0' }]
  expect(await other.summaries()).toEqual(second)
  await other.replace({ ...set, takenAt: 3_000 })
  await other.replace({ ...set, takenAt: 2_500 }, '9.9.9')
  expect(await other.summaries()).toEqual([{ ...second[0], takenAt: 3_000 }])
  await other.replace({ ...set, takenAt: 4_000 }, '0.2.0')
  const last = [{ ...known, takenAt: 4_000, heardAt: 4_000, shipper: '0.2.0' }]
  expect(await other.summaries()).toEqual(last)
})

it('takes a set that cannot be read for one that is ready', async () => {
  const { database } = openDatabase()
  const sql = 'INSERT INTO configs (cluster, revision, taken_at, body) VALUES (?, ?, ?, ?)'
  await database.write([{ sql, parameters: ['torn', 'r', 1, '{"obj'] }])
  await database.write([{ sql, parameters: ['later', 'r', 2, '{"v":99,"x":"..."}'] }])
  expect(await new SqliteConfigStore(database, new ManualClock()).summaries()).toEqual([
    { cluster: 'later', takenAt: 2, notReady: 0, heardAt: null, shipper: null },
    { cluster: 'torn', takenAt: 1, notReady: 0, heardAt: null, shipper: null },
  ])
})

it('measures the disk of a database, and says nothing of a folder that is not there', async () => {
  const { file } = openDatabase()
  const space = await diskSpace(file)
  expect(space?.databaseBytes).toBeGreaterThan(4_096)
  expect(space?.diskBytes).toBeGreaterThanOrEqual(space?.freeBytes ?? Number.POSITIVE_INFINITY)
  expect(await diskSpace(join(file, 'elsewhere', 'relay.db'))).toBeUndefined()
})
