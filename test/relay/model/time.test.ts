import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isoTime } from '../../../relay/model/time.ts'

const NEAR = Date.UTC(2026, 10, 20, 9, 14, 3)

it('writes a time as Date does, whatever was written before', () => {
  const near = fc.integer({ min: NEAR - 2_000, max: NEAR + 2_000 })
  const any = fc.double({ min: -8.64e15, max: 8.64e15, noNaN: true })
  fc.assert(
    fc.property(fc.array(fc.oneof(near, near, any)), (times) => {
      expect(times.map(isoTime)).toEqual(times.map((time) => new Date(time).toISOString()))
    }),
  )
})

it.each([Number.NaN, Number.POSITIVE_INFINITY, 8.64e15 + 1_000])(
  'refuses %s, as Date does',
  (time) => {
    isoTime(NEAR)
    expect(() => isoTime(time)).toThrow(RangeError)
  },
)
