import { expect, it } from 'vitest'
import { selectDeliveries } from '../../cli/get/select-deliveries.ts'
import type { DeliveriesPage } from '../../relay/api/schemas/deliveries.ts'

const REACHED = '2026-11-28T10:00:00.000Z'

/** Selects among pages with so many deliveries each; every one but the last has a next page. */
function select(pages: readonly number[], limit: number, mostRead = 1_000) {
  const api = {
    async *deliveryPages() {
      for (const [at, count] of pages.entries()) {
        const deliveries = Array.from({ length: count }, (_, index) => ({ id: `${at}-${index}` }))
        const more = at < pages.length - 1 && { nextCursor: 'next', reachedTime: REACHED }
        yield { deliveries, ...more } as DeliveriesPage
      }
    },
  }
  return selectDeliveries(api, { filters: {}, namespace: undefined, limit, mostRead })
}

it.each([
  ['all there are', [2], 3],
  ['as many as are wanted, and no more', [3], 3],
  ['over an empty page', [1, 0, 2], 5],
])('selects %s', async (_, pages, limit) => {
  const { deliveries, cut } = await select(pages, limit)
  expect(deliveries).toHaveLength(
    Math.min(
      3,
      pages.reduce((sum, count) => sum + count),
    ),
  )
  expect(cut).toBeUndefined()
})

it.each([
  ['more than are wanted', [4]],
  ['another page', [3, 1]],
])('says that the list is cut when there are %s', async (_, pages) => {
  const { deliveries, cut } = await select(pages, 3)
  expect(deliveries).toHaveLength(3)
  expect(cut).toContain('the latest 3 are shown')
})

it('says how far back it looked when it looked at enough', async () => {
  const { deliveries, cut } = await select([1, 1, 1], 3, 400)
  expect(deliveries).toHaveLength(2)
  expect(cut).toBe(
    `the latest 400 deliveries were looked at, back to ${REACHED}; --until ${REACHED} goes on from there`,
  )
})
