import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { SqliteConfigHistory } from '../../../adapters/sqlite/config-history.ts'
import type { HistoryBounds } from '../../../adapters/sqlite/history-bounds.ts'
import { openRelayDatabase, type RelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

let database: RelayDatabase

beforeEach(() => {
  database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
})
afterEach(() => database.close())

/** Text of random digits: compressed it has half as many bytes. */
const body = (bytes: number) => randomBytes(bytes).toString('hex')

function historyOf(bounds?: HistoryBounds) {
  const history = new SqliteConfigHistory(database, bounds)
  let now = 0
  const put = async (revision: string, bytes = 10, cluster = 'prod') => {
    now += 1
    const config = { cluster, revision, takenAt: now, notReady: 0, body: body(bytes) }
    await database.write(await history.changes(config, now))
    history.isKept(config)
  }
  const known = async (cluster = 'prod') => {
    const sql = 'SELECT revision FROM config_revisions WHERE cluster = ? ORDER BY revision'
    const rows = await database.read<{ revision: string }>(sql, cluster)
    return rows.map(({ revision }) => revision)
  }
  const sweep = () => history.sweep(0)
  return { put, known, sweep }
}

it('keeps the one in force and so many that were replaced, the latest', async () => {
  const { put, known, sweep } = historyOf({ revisions: 2, bytes: 1_000_000 })
  for (const revision of ['a', 'b', 'c', 'd']) await put(revision)
  await sweep()
  expect(await known()).toEqual(['b', 'c', 'd'])
})

it('keeps one that is in force again, and counts it as replaced from then on', async () => {
  const { put, known, sweep } = historyOf({ revisions: 2, bytes: 1_000_000 })
  for (const revision of ['a', 'b', 'c', 'a', 'd']) await put(revision)
  await sweep()
  expect(await known()).toEqual(['a', 'c', 'd'])
})

it('keeps as many bytes of those that were replaced', async () => {
  const { put, known, sweep } = historyOf({ revisions: 100, bytes: 250_000 })
  for (const revision of ['a', 'b', 'c', 'd']) await put(revision, 100_000)
  await sweep()
  expect(await known()).toEqual(['b', 'c', 'd'])
})

it('forgets none of another cluster', async () => {
  const { put, known, sweep } = historyOf({ revisions: 1, bytes: 1_000_000 })
  await put('a', 10, 'staging')
  await put('b', 10, 'staging')
  for (const revision of ['a', 'b', 'c']) await put(revision)
  await sweep()
  expect(await known('staging')).toEqual(['a', 'b'])
})

it('keeps dozens without any bounds given', async () => {
  const { put, known, sweep } = historyOf()
  for (let number = 0; number < 50; number += 1) await put(String(number).padStart(4, '0'))
  await sweep()
  expect(await known()).toHaveLength(50)
})

it('leaves the database to others while it forgets very many', async () => {
  const { put, known, sweep } = historyOf({ revisions: 2, bytes: 1_000_000 })
  for (let number = 0; number < 450; number += 1) await put(String(number).padStart(4, '0'))
  const sizes: number[] = []
  const { write } = database
  vi.spyOn(database, 'write').mockImplementation((unit, ...rest) => {
    sizes.push(unit.length)
    return write.call(database, unit, ...rest)
  })
  expect(await sweep()).toBe(447)
  expect(await known()).toEqual(['0447', '0448', '0449'])
  expect(Math.max(...sizes)).toBe(5)
})
