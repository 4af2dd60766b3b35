import { expect, it } from 'vitest'
import { createActiveSilences } from '../../../../relay/pipeline/silences/active-silences.ts'
import { createSilence } from '../../../../relay/pipeline/silences/stored-silences.ts'
import { createHarness } from '../../../support/relay-harness.ts'

const HOUR_MS = 3_600_000

/** Makes so many silences in each of these clusters. Asking gives the same object while they are kept. */
async function setUp(clusters: readonly string[], silences: number, maxKept?: number) {
  const { ports } = createHarness()
  for (const cluster of clusters) {
    for (let n = 0; n < silences; n += 1) {
      const match = `event.involvedObject.name == 'app-${n}'`
      const endsAt = ports.clock.now() + HOUR_MS
      await createSilence(ports, cluster, { match, reason: 'work', endsAt })
    }
  }
  return createActiveSilences(ports, 0, maxKept)
}

it('are kept of hundreds of clusters that are asked for in turn', async () => {
  const clusters = Array.from({ length: 600 }, (_, n) => `cluster-${n}`)
  const silences = await setUp(clusters, 1)
  const ask = () => Promise.all(clusters.map((cluster) => silences.of(cluster)))
  const before = await ask()
  const after = await ask()
  expect(after.every((known, index) => known === before[index])).toBe(true)
})

it('are kept no more than there is room for, those of the cluster in use whatever their number', async () => {
  const silences = await setUp(['a', 'b', 'c'], 10, 20)
  const [a, b] = [await silences.of('a'), await silences.of('b')]
  expect([await silences.of('a'), await silences.of('b')]).toEqual([a, b])
  expect(await silences.of('a')).toBe(a)
  const c = await silences.of('c')
  expect(await silences.of('a')).toBe(a)
  expect(await silences.of('c')).toBe(c)
  expect(await silences.of('b')).not.toBe(b)

  const few = await setUp(['a'], 10, 5)
  expect(await few.of('a')).toBe(await few.of('a'))
})

it('have a bound for clusters without any too', async () => {
  const silences = await setUp(['a'], 4, 20)
  const a = await silences.of('a')
  for (const cluster of ['b', 'c', 'd', 'e']) await silences.of(cluster)
  expect(await silences.of('a')).toBe(a)
  for (const cluster of ['b', 'c', 'd', 'e', 'f']) await silences.of(cluster)
  expect(await silences.of('a')).not.toBe(a)
})
