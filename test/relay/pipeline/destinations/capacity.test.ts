import { expect, it } from 'vitest'
import { Capacity } from '../../../../relay/pipeline/destinations/capacity.ts'
import { Lines } from '../../../../relay/pipeline/destinations/lines.ts'

const MIB = 1024 * 1024

/** How many each cluster gets that wants as many as it may have, in this order. */
function fill(
  clusters: readonly string[],
  allows: (it: string) => boolean,
  take: (it: string) => void,
) {
  return clusters.map((cluster) => {
    let count = 0
    for (; allows(cluster); count += 1) take(cluster)
    return count
  })
}

it('a cluster has a share of the deliveries that are woken, and gives it back with each', () => {
  const capacity = new Capacity()
  const [wake, mayWake] = [
    (cluster: string) => capacity.wake(`${cluster}-${woken++}`, cluster, 0),
    (cluster: string) => capacity.mayWake(cluster),
  ]
  let woken = 0
  expect(fill(['a', 'b', 'c'], mayWake, wake)).toEqual([500, 250, 125])
  expect(mayWake('a')).toBe(false)
  for (let index = 0; index < 400; index += 1) capacity.done(`a-${index}`)
  // Who is done twice gives back once.
  capacity.done('a-0')
  expect(fill(['c', 'a'], mayWake, wake)).toEqual([200, 113])
})

it('a cluster has a share of the bytes of what is woken', () => {
  const capacity = new Capacity()
  const mayWake = (cluster: string) => capacity.mayWake(cluster)
  let woken = 0
  const wake = (cluster: string) => capacity.wake(`${cluster}-${woken++}`, cluster, 2 * MIB)
  expect(fill(['a', 'b'], mayWake, wake)).toEqual([8, 4])
  capacity.done('a-0')
  expect(fill(['a', 'b'], mayWake, wake)).toEqual([0, 1])
  for (let index = 1; index < 8; index += 1) capacity.done(`a-${index}`)
  expect(mayWake('a')).toBe(true)
})

it.each([
  ['that have a place', 'underWay', 1_600],
  ['that wait for a place in memory alone', 'asking', 800],
] as const)('a cluster has a share of the deliveries %s, and of their bytes', (_, kind, most) => {
  const small = new Capacity()[kind]
  const takes = (of: typeof small, bytes: number) => (cluster: string) => of.take(cluster, bytes)
  const allows = (of: typeof small) => (cluster: string) => of.allows(cluster)
  expect(fill(['a', 'b'], allows(small), takes(small, 1))).toEqual([most / 2, most / 4])
  const large = new Capacity()[kind]
  // The share of 64 MiB: one more is taken while less is held than is free.
  expect(fill(['a', 'b'], allows(large), takes(large, MIB))).toEqual([32, 16])
})

it('a cluster holds fewer ids of each destination in memory, the more destinations it has', () => {
  const lines = new Lines<never>()
  const most: (() => number)[] = []
  const add = (cluster: string, count: number) => {
    for (let index = 0; index < count; index += 1) {
      lines.of(`${cluster}#p${index}#h`, 'h', (mostHeld) => void most.push(mostHeld))
    }
  }
  add('loud', 100)
  expect(most[0]?.()).toBe(512)
  add('loud', 1_000)
  expect(most[0]?.()).toBe(Math.floor(51_200 / 1_000))
  add('loud', 4_000)
  expect(most[0]?.()).toBe(16)
  add('quiet', 1)
  expect(most.at(-1)?.()).toBe(512)
})
