import { describe, expect, it } from 'vitest'
import { createNotTakenCounts } from '../../../hosts/embedded/not-taken-counts.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'

const HOUR_MS = 3_600_000

describe('the counts of what did not get in', () => {
  it('tell causes and clusters apart, the latest first', () => {
    const clock = new ManualClock()
    const counts = createNotTakenCounts(clock)
    counts.count({ cluster: 'prod', cause: 'duplicate', events: 3 })
    counts.count({ cluster: undefined, cause: 'unauthorized', events: 1, address: '10.0.0.7' })
    clock.advance(1_000)
    counts.count({ cluster: 'prod', cause: 'unauthorized', events: 1, address: '10.0.0.8' })
    counts.count({ cluster: 'prod', cause: 'duplicate', events: 2 })
    counts.count({ cluster: 'prod', cause: 'unauthorized', events: 1, address: '10.0.0.9' })
    const byCluster = counts.byCluster()
    expect([...byCluster.keys()]).toEqual(['prod', undefined])
    expect(byCluster.get('prod')).toEqual([
      { cause: 'duplicate', count: 5, lastAt: START + 1_000 },
      { cause: 'unauthorized', count: 2, lastAt: START + 1_000, address: '10.0.0.9' },
    ])
  })

  it('forget what is older than 24 hours', () => {
    const clock = new ManualClock()
    const counts = createNotTakenCounts(clock)
    const countOne = () => counts.count({ cluster: 'prod', cause: 'unauthorized', events: 1 })
    countOne()
    clock.advance(23 * HOUR_MS)
    countOne()
    expect(counts.byCluster().get('prod')).toMatchObject([{ count: 2 }])
    clock.advance(HOUR_MS)
    expect(counts.byCluster().get('prod')).toMatchObject([{ count: 1 }])
    clock.advance(24 * HOUR_MS)
    expect(counts.byCluster().size).toBe(0)
  })

  it('are at most 10,000, and take others once those are forgotten', () => {
    const clock = new ManualClock()
    const counts = createNotTakenCounts(clock)
    const countOne = (cluster: string) => counts.count({ cluster, cause: 'rejected', events: 1 })
    for (let n = 0; n < 10_001; n += 1) countOne(`c${n}`)
    countOne('c1')
    expect(counts.byCluster().size).toBe(10_000)
    expect(counts.byCluster().get('c1')).toMatchObject([{ count: 2 }])
    clock.advance(25 * HOUR_MS)
    countOne('late')
    expect([...counts.byCluster().keys()]).toEqual(['late'])
  })
})
