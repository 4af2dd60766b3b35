import { expect, it } from 'vitest'
import { slicesOf } from '../../../relay/pipeline/slices.ts'

it('slices have so many items at most, and so much weight unless a single one weighs more', () => {
  expect([...slicesOf([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]])
  const weight = { most: 10, of: (item: number) => item }
  expect([...slicesOf([1, 1, 1, 8, 2, 30, 30, 5, 5, 1], 3, weight)]).toEqual([
    [1, 1, 1],
    [8, 2],
    [30],
    [30],
    [5, 5],
    [1],
  ])
})
