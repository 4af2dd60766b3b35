import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { SqliteOutcomeCounts } from '../../../adapters/sqlite/outcome-counts.ts'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { createOutcomeCounter } from '../../../hosts/embedded/outcome-counter.ts'
import { hourOf, lastDay, type OutcomeCount } from '../../../relay/model/outcome-count.ts'
import type { OutcomeCountStore } from '../../../relay/ports/outcome-counts.ts'
import { deliveryRecord, eventRecord } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

/** A counter over SQLite, and what it added to it. The store fails while `isFull`; `onAdded` is called after each write. */
function startCounter({ intervalMs }: { readonly intervalMs?: number } = {}) {
  const database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  const sqlite = new SqliteOutcomeCounts(database)
  const added: (readonly OutcomeCount[])[] = []
  const state = { isFull: false, onAdded: () => {} }
  const store: OutcomeCountStore = {
    byHour: (...asked) => sqlite.byHour(...asked),
    byCluster: (...asked) => sqlite.byCluster(...asked),
    byObject: (...asked) => sqlite.byObject(...asked),
    async add(counts) {
      if (state.isFull) throw new Error('the disk is full')
      added.push(counts)
      await sqlite.add(counts)
      state.onAdded()
    },
  }
  const clock = new ManualClock()
  const onFailure = vi.fn()
  const counter = createOutcomeCounter({
    ...{ store, clock, onFailure },
    ...(intervalMs !== undefined && { intervalMs }),
  })
  onTestFinished(async () => {
    await counter.stop()
    await database.close()
  })
  return { counter, sqlite, added, clock, state, onFailure }
}

const record = (outcome: 'delivered' | 'dead' | 'retry', id = outcome) => ({
  record: deliveryRecord({ id, outcome }),
  latencyMs: 1,
})

it('counts decisions for the cluster, the Alert and the Provider, and stores them when asked', async () => {
  const { counter, added } = startCounter()
  const hours = lastDay(START)
  for (let decisions = 0; decisions < 3; decisions += 1) counter.decided(record('delivered'))
  counter.decided(record('retry'))
  counter.decided({ record: eventRecord(), latencyMs: 1 })
  expect(added).toEqual([])
  expect(await counter.byHour(hours)).toEqual([
    { hour: hourOf(START), outcome: 'delivered', count: 3 },
    { hour: hourOf(START), outcome: 'retry', count: 1 },
    { hour: hourOf(START), outcome: 'skipped', count: 1 },
  ])
  const { alert, provider } = deliveryRecord()
  expect(await counter.byObject('alert', 'local', hours)).toEqual([
    { name: `${alert.namespace}/${alert.name}`, outcome: 'delivered', count: 3, lastAt: START },
    { name: `${alert.namespace}/${alert.name}`, outcome: 'retry', count: 1, lastAt: START },
  ])
  expect(await counter.byObject('provider', 'local', hours)).toMatchObject([
    { name: `${provider?.namespace}/${provider?.name}`, count: 3 },
    { count: 1 },
  ])
  // What is stored is not stored again, and one write has them all.
  expect(await counter.byCluster(hours)).toHaveLength(3)
  expect(added.map((counts) => counts.length)).toEqual([7])
})

it('counts apart what would have been sent if the cluster were not observed', async () => {
  const { counter } = startCounter()
  const observed = deliveryRecord({ outcome: 'skipped' })
  const status = { ...observed.status, observed: true } as typeof observed.status
  counter.decided({ record: { ...observed, status }, latencyMs: 1 })
  expect(await counter.byHour(lastDay(START))).toMatchObject([{ outcome: 'observed', count: 1 }])
})

it('stores what was counted after a while, without being asked', async () => {
  const { counter, sqlite } = startCounter({ intervalMs: 5 })
  counter.decided(record('delivered'))
  await vi.waitFor(async () =>
    expect(await sqlite.byHour(lastDay(START))).toMatchObject([{ count: 1 }]),
  )
})

it('stores the rest when it stops', async () => {
  const { counter, sqlite, clock } = startCounter()
  counter.decided(record('delivered'))
  clock.advance(3_600_000)
  counter.decided(record('delivered'))
  await counter.stop()
  expect(await sqlite.byHour(lastDay(clock.now()))).toMatchObject([{ count: 1 }, { count: 1 }])
})

it('keeps what cannot be stored, with what comes meanwhile', async () => {
  const { counter, state, onFailure } = startCounter()
  state.isFull = true
  counter.decided(record('delivered'))
  expect(await counter.byHour(lastDay(START))).toEqual([])
  counter.decided(record('delivered'))
  expect(onFailure).toHaveBeenCalledOnce()
  state.isFull = false
  expect(await counter.byHour(lastDay(START))).toMatchObject([{ count: 2 }])
})

it('tells what was counted before it was asked, and waits for nothing that comes later', async () => {
  const { counter, state } = startCounter()
  const outcomes = async () => {
    const counts = await counter.byHour(lastDay(START))
    return counts.map(({ outcome, count }) => `${count} ${outcome}`)
  }
  let second: Promise<readonly string[]> | undefined
  state.onAdded = () => {
    counter.decided(record('retry'))
    second ??= outcomes()
  }
  counter.decided(record('delivered'))
  expect(await outcomes()).toContain('1 delivered')
  expect(await second).toEqual(['1 delivered', '1 retry'])
  expect(await outcomes()).toEqual(['1 delivered', '2 retry'])
})

it('stores much in several steps', async () => {
  const { counter, added } = startCounter()
  for (let index = 0; index < 600; index += 1) {
    const alert = { ...deliveryRecord().alert, name: `alert-${index}` }
    counter.decided({ record: { ...deliveryRecord(), alert }, latencyMs: 1 })
  }
  expect(await counter.byObject('alert', 'local', lastDay(START))).toHaveLength(600)
  expect(added.map((counts) => counts.length)).toEqual([500, 102])
})
