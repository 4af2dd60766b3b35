import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Swept, startSweeps } from '../../../hosts/embedded/sweeps.ts'

const TEN_MINUTES = 10 * 60_000

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function store(): Swept & { readonly swept: number[]; finish(): void; fail(): void } {
  const swept: number[] = []
  let ended = Promise.withResolvers<number>()
  return {
    swept,
    sweep(now) {
      swept.push(now)
      ended = Promise.withResolvers()
      return ended.promise
    },
    finish: () => ended.resolve(1),
    fail: () => ended.reject(new Error('the disk fails')),
  }
}

function start(...stores: readonly Swept[]) {
  const onFailure = vi.fn()
  const end = startSweeps(stores, { clock: { now: () => 7 }, onFailure })
  return { end, onFailure }
}

it('sweeps one store after the other', async () => {
  const [first, second] = [store(), store()]
  const { end } = start(first, second)
  await vi.advanceTimersByTimeAsync(TEN_MINUTES)
  expect([first.swept, second.swept]).toEqual([[7], []])
  first.finish()
  await vi.advanceTimersByTimeAsync(0)
  expect(second.swept).toEqual([7])
  end()
})

it('begins no other sweep while one lasts', async () => {
  const only = store()
  const { end } = start(only)
  await vi.advanceTimersByTimeAsync(3 * TEN_MINUTES)
  expect(only.swept).toHaveLength(1)
  only.finish()
  await vi.advanceTimersByTimeAsync(TEN_MINUTES)
  expect(only.swept).toHaveLength(2)
  end()
})

it('goes on with the others after one failed, and sweeps that again the next time', async () => {
  const [first, second] = [store(), store()]
  const { end, onFailure } = start(first, second)
  await vi.advanceTimersByTimeAsync(TEN_MINUTES)
  first.fail()
  await vi.advanceTimersByTimeAsync(0)
  expect(onFailure).toHaveBeenCalledOnce()
  second.finish()
  await vi.advanceTimersByTimeAsync(TEN_MINUTES)
  expect([first.swept, second.swept]).toEqual([[7, 7], [7]])
  end()
})

it('sweeps nothing more after its end', async () => {
  const [first, second] = [store(), store()]
  const { end } = start(first, second)
  await vi.advanceTimersByTimeAsync(TEN_MINUTES)
  end()
  first.finish()
  await vi.advanceTimersByTimeAsync(TEN_MINUTES)
  expect([first.swept, second.swept]).toEqual([[7], []])
})
