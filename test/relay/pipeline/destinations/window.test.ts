import { expect, it } from 'vitest'
import { WaitingWindow } from '../../../../relay/pipeline/destinations/window.ts'
import type { WaitingDelivery } from '../../../../relay/ports/waiting-lines.ts'

const MOST = 3
const all = Array.from(
  { length: 10 },
  (_, index): WaitingDelivery => ({ id: `d${index}`, order: String(index), attempt: 2 }),
)

it.each([
  ['in their order', all],
  ['the latest first', all.toReversed()],
])('a window holds the first of those that come %s, and reads the others', async (_, coming) => {
  const window = new WaitingWindow(
    async (after, limit) => {
      expect(limit).toBeLessThanOrEqual(MOST)
      return all.filter(({ order }) => after === undefined || order > after.order).slice(0, limit)
    },
    false,
    () => MOST,
  )
  for (const delivery of coming) window.add(delivery)
  const taken: WaitingDelivery[] = []
  for (let reads = 0; reads < all.length && !window.isEmpty; reads += 1) {
    const held: WaitingDelivery[] = []
    for (let next = window.take(); next !== undefined; next = window.take()) held.push(next)
    expect(held.length).toBeLessThanOrEqual(MOST)
    taken.push(...held)
    await window.read()
  }
  expect(taken).toEqual(all)
})
