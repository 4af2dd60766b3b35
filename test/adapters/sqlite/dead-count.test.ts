import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { countDead, MOST_COUNTED } from '../../../adapters/sqlite/dead-count.ts'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { planOf, statementsOf } from './support/query-plans.ts'

const INSERT = `WITH RECURSIVE numbers (number) AS (
    SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?)
  INSERT INTO ledger (id, cluster, object, outcome, accepted_at, version, attempt, event_seq, body)
  SELECT ?2 || number, 'prod', 'Pod/a/b', ?2, number, 1, 1, 0, '{}' FROM numbers`

function openDatabase() {
  const database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  onTestFinished(() => database.close())
  const add = (outcome: string, count: number) =>
    database.write([{ sql: INSERT, parameters: [count, outcome] }])
  return { database, add }
}

it('counts the dead deliveries, without those that were dismissed', async () => {
  const { database, add } = openDatabase()
  expect(await countDead(database)).toBe(0)
  for (const outcome of ['delivered', 'retry', 'dismissed']) await add(outcome, 2)
  await add('dead', 3)
  expect(await countDead(database)).toBe(3)
})

it('stops counting at some number', async () => {
  const { database, add } = openDatabase()
  await add('dead', MOST_COUNTED + 1)
  expect(await countDead(database)).toBe(MOST_COUNTED)
})

it('reads nothing but an index', async () => {
  const { database } = openDatabase()
  const [sql = ''] = await statementsOf(database, () => countDead(database))
  const reads = (await planOf(database, sql)).filter((step) => /\bledger\b/.test(step))
  expect(reads).toEqual([
    expect.stringMatching(/^SEARCH ledger USING COVERING INDEX ledger_by_outcome \(outcome=\?\)$/),
  ])
})
