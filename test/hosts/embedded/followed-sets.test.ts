import { expect, it } from 'vitest'
import { createFollowedSets } from '../../../hosts/embedded/followed-sets.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const MINUTE_MS = 60_000

function followed() {
  const clock = new ManualClock()
  const seen: string[] = []
  const now = { isDone: true }
  const come = createFollowedSets(clock, async (cluster) => {
    seen.push(cluster)
    return now.isDone
  })
  /** How often something followed from sets that came, a minute after each other. */
  const count = async (cluster: string, ...sets: readonly string[]) => {
    const before = seen.length
    for (const set of sets) {
      clock.advance(MINUTE_MS)
      await come(cluster, set)
    }
    return seen.length - before
  }
  return { clock, now, count }
}

it('follows a set until what is under way when it comes has settled, and one that changes again', async () => {
  const { count } = followed()
  expect(await count('prod', 'a', 'a', 'a', 'a')).toBe(2)
  expect(await count('staging', 'a')).toBe(1)
  expect(await count('prod', 'b', 'a', 'a', 'a')).toBe(3)
})

it('follows a set that comes again at once, since nothing has settled', async () => {
  const { clock, count } = followed()
  expect(await count('prod', 'a')).toBe(1)
  clock.advance(-MINUTE_MS + 29_999)
  expect(await count('prod', 'a', 'a')).toBe(2)
})

it('follows a set again after that failed', async () => {
  const { now, count } = followed()
  now.isDone = false
  expect(await count('prod', 'a', 'a', 'a')).toBe(3)
  now.isDone = true
  expect(await count('prod', 'a', 'a')).toBe(1)
})

it('follows a set that did not come for an hour', async () => {
  const { clock, count } = followed()
  expect(await count('prod', 'a', 'a', 'a')).toBe(2)
  clock.advance(60 * MINUTE_MS)
  expect(await count('prod', 'a')).toBe(1)
})
