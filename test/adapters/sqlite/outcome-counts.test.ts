import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SqliteOutcomeCounts } from '../../../adapters/sqlite/outcome-counts.ts'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { HOUR_MS, hourOf, lastDay } from '../../../relay/model/outcome-count.ts'
import { outcomeCount, outcomeCountsContract } from '../../contract/outcome-counts-contract.ts'
import { START } from '../../support/manual-clock.ts'
import { MemoryOutcomeCounts } from '../../support/memory-outcome-counts.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { planOf, statementsOf } from './support/query-plans.ts'

function openNew() {
  const database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  return { database, counts: new SqliteOutcomeCounts(database), close: () => database.close() }
}

outcomeCountsContract('SqliteOutcomeCounts', async () => openNew())

// What stands for it in tests of others has to do the same.
outcomeCountsContract('MemoryOutcomeCounts', async () => ({
  counts: new MemoryOutcomeCounts(),
  close: async () => undefined,
}))

it('finds counts by the key of their table, and looks at no record', async () => {
  const { database, counts, close } = openNew()
  onTestFinished(close)
  const hours = lastDay(START)
  const statements = await statementsOf(database, async () => {
    await counts.byHour(hours)
    await counts.byHour(hours, 'prod')
    await counts.byCluster(hours)
    await counts.byObject('alert', 'prod', hours)
  })
  expect(statements).toHaveLength(5)
  for (const sql of statements) {
    const steps = await planOf(database, sql)
    const reads = steps.filter((step) => /outcome_counts|last_outcomes|ledger/.test(step))
    expect(reads).toHaveLength(1)
    expect(reads[0]).toMatch(/^SEARCH (outcome_counts|last_outcomes) USING PRIMARY KEY \(kind=\?/)
    if (/cluster = \?/.test(sql)) expect(reads[0]).toMatch(/cluster=\?/)
  }
})

it('keeps eight days of a cluster, and a day of an object', async () => {
  const { counts, close } = openNew()
  onTestFinished(close)
  const hoursAgo = (hours: number) => ({ hour: hourOf(START) - hours * HOUR_MS, lastAt: START })
  const alert = { kind: 'alert', name: 'apps/one' } as const
  await counts.add([
    outcomeCount(hoursAgo(8 * 24)),
    outcomeCount(hoursAgo(8 * 24 + 1)),
    outcomeCount({ ...alert, ...hoursAgo(24) }),
    outcomeCount({ ...alert, ...hoursAgo(25) }),
  ])
  expect(await counts.sweep(START)).toBe(2)
  const week = Array.from({ length: 300 }, (_, index) => hourOf(START) - index * HOUR_MS)
  expect((await counts.byHour(week)).map(({ count }) => count)).toEqual([1])
  expect((await counts.byObject('alert', 'prod', week)).map(({ count }) => count)).toEqual([1])
  expect(await counts.sweep(START + 31 * 24 * HOUR_MS)).toBe(3)
  expect(await counts.byObject('alert', 'prod', week)).toEqual([])
})

it('deletes more than one transaction of what is too old', async () => {
  const { counts, close } = openNew()
  onTestFinished(close)
  const many = (from: number) =>
    Array.from({ length: 400 }, (_, index) => outcomeCount({ cluster: `c${from + index}` }))
  await counts.add(many(0))
  await counts.add(many(400))
  expect(await counts.sweep(START + 9 * 24 * HOUR_MS)).toBe(800)
})
