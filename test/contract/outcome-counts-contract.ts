import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HOUR_MS, hourOf, lastDay, type OutcomeCount } from '../../relay/model/outcome-count.ts'
import { MOST_COUNTS_AT_ONCE, type OutcomeCountStore } from '../../relay/ports/outcome-counts.ts'
import { START } from '../support/manual-clock.ts'

export interface OutcomeCountsUnderTest {
  readonly counts: OutcomeCountStore
  close(): Promise<void>
}

/** One decision of the hour of `START`, about the cluster `prod`, with these changes. */
export function outcomeCount(changes: Partial<OutcomeCount> = {}): OutcomeCount {
  return {
    ...{ kind: 'cluster', cluster: 'prod', name: '', hour: hourOf(START) },
    ...{ outcome: 'delivered', count: 1, lastAt: START },
    ...changes,
  } as const
}

/** What the pages expect of counts. */
export function outcomeCountsContract(
  name: string,
  open: () => Promise<OutcomeCountsUnderTest>,
): void {
  describe(`${name} as OutcomeCountStore`, () => {
    let under: OutcomeCountsUnderTest
    beforeEach(async () => {
      under = await open()
    })
    afterEach(() => under.close())

    const hour = hourOf(START)
    const before = hour - HOUR_MS

    it('has no counts at first', async () => {
      const { counts } = under
      await counts.add([])
      expect(await counts.byHour(lastDay(START))).toEqual([])
      expect(await counts.byCluster(lastDay(START))).toEqual([])
      expect(await counts.byObject('alert', 'prod', lastDay(START))).toEqual([])
    })

    it('adds to the counts of an hour, for all clusters and for one', async () => {
      const { counts } = under
      await counts.add([
        outcomeCount({ count: 2 }),
        outcomeCount({ outcome: 'dead' }),
        outcomeCount({ cluster: 'staging', count: 5 }),
        outcomeCount({ hour: before, count: 7 }),
      ])
      await counts.add([outcomeCount({ count: 3 })])
      expect(await counts.byHour(lastDay(START))).toEqual([
        { hour: before, outcome: 'delivered', count: 7 },
        { hour, outcome: 'dead', count: 1 },
        { hour, outcome: 'delivered', count: 10 },
      ])
      expect(await counts.byHour([hour], 'prod')).toEqual([
        { hour, outcome: 'dead', count: 1 },
        { hour, outcome: 'delivered', count: 5 },
      ])
      expect(await counts.byCluster(lastDay(START))).toEqual([
        { cluster: 'prod', outcome: 'dead', count: 1 },
        { cluster: 'prod', outcome: 'delivered', count: 12 },
        { cluster: 'staging', outcome: 'delivered', count: 5 },
      ])
      expect(await counts.byCluster([before])).toEqual([
        { cluster: 'prod', outcome: 'delivered', count: 7 },
      ])
    })

    it('keeps apart Alerts and Providers, and clusters with the same ones', async () => {
      const { counts } = under
      const app = { name: 'apps/one' }
      await counts.add([
        outcomeCount({ kind: 'alert', ...app, count: 2 }),
        outcomeCount({ kind: 'provider', ...app, count: 3 }),
        outcomeCount({ kind: 'alert', ...app, cluster: 'staging', count: 4 }),
        outcomeCount({ kind: 'alert', ...app, outcome: 'dead', count: 1 }),
        outcomeCount({ kind: 'alert', name: 'apps/two', count: 6, hour: before }),
      ])
      const lastAt = START
      const hours = lastDay(START)
      expect(await counts.byObject('alert', 'prod', hours)).toEqual([
        { name: 'apps/one', outcome: 'dead', count: 1, lastAt },
        { name: 'apps/one', outcome: 'delivered', count: 2, lastAt },
        { name: 'apps/two', outcome: 'delivered', count: 6, lastAt },
      ])
      expect(await counts.byObject('provider', 'prod', hours)).toEqual([
        { name: 'apps/one', outcome: 'delivered', count: 3, lastAt },
      ])
      expect(await counts.byHour(hours)).toEqual([])
    })

    it('remembers when an outcome was last that of an object, though it is long ago', async () => {
      const { counts } = under
      const alert = { kind: 'alert', name: 'apps/one' } as const
      const old = START - 48 * HOUR_MS
      await counts.add([outcomeCount({ ...alert, hour: hourOf(old), lastAt: old })])
      expect(await counts.byObject('alert', 'prod', lastDay(START))).toEqual([
        { name: 'apps/one', outcome: 'delivered', count: 0, lastAt: old },
      ])
      await counts.add([outcomeCount({ ...alert, lastAt: START })])
      await counts.add([outcomeCount({ ...alert, lastAt: START - 1 })])
      expect(await counts.byObject('alert', 'prod', lastDay(START))).toEqual([
        { name: 'apps/one', outcome: 'delivered', count: 2, lastAt: START },
      ])
    })

    it('adds the most that there may be at once, whatever is in a name', async () => {
      const { counts } = under
      const many = Array.from({ length: MOST_COUNTS_AT_ONCE }, (_, index) =>
        outcomeCount({ kind: 'provider', name: `a'"\\/${index}\u{1f600}` }),
      )
      await counts.add(many)
      const found = await counts.byObject('provider', 'prod', lastDay(START))
      expect(new Set(found.map(({ name }) => name))).toEqual(new Set(many.map(({ name }) => name)))
    })
  })
}
