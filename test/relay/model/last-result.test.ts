import { expect, it, vi } from 'vitest'
import { rememberLast } from '../../../relay/model/last-result.ts'

it('computes the result of a text once, as long as no other is asked for', () => {
  const compute = vi.fn((text: string) => ({ text }))
  const ask = rememberLast(compute)
  const first = ask('a')
  expect(ask('a')).toBe(first)
  expect(ask('b')).toEqual({ text: 'b' })
  expect(ask('a')).toEqual({ text: 'a' })
  expect(compute.mock.calls).toEqual([['a'], ['b'], ['a']])
})

it('remembers a result of undefined, and no failure', () => {
  const compute = vi.fn((text: string) => {
    if (text === 'bad') throw new Error('no')
    return undefined
  })
  const ask = rememberLast(compute)
  expect([ask('a'), ask('a')]).toEqual([undefined, undefined])
  expect(compute).toHaveBeenCalledTimes(1)
  expect(() => ask('bad')).toThrow('no')
  expect(() => ask('bad')).toThrow('no')
  expect(compute).toHaveBeenCalledTimes(3)
})
