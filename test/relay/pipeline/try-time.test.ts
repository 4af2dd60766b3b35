import { expect, it } from 'vitest'
import { restOf, tryTime } from '../../../relay/pipeline/try-time.ts'

const FIRST = 'the longest that a first try may take here'
const LATER = 'the longest that a later try may take here'
const LEFT = 'all the time that was left of this call'
const LIMITS = { firstTryMs: 5_000, laterTryMs: 20_000 }

it.each([
  ['a host without limits', {}, 0, Number.POSITIVE_INFINITY, FIRST],
  ['a host without limits, later', {}, 3, Number.POSITIVE_INFINITY, LATER],
  ['a first try', LIMITS, 0, 5_000, FIRST],
  ['a later try', LIMITS, 1, 20_000, LATER],
  ['a later try with less time left', { ...LIMITS, timeLeftMs: () => 19_999 }, 1, 19_999, LEFT],
  ['a later try with just enough left', { ...LIMITS, timeLeftMs: () => 20_000 }, 1, 20_000, LATER],
  ['a call whose time is over', { ...LIMITS, timeLeftMs: () => -7 }, 0, 1_000, LEFT],
])('gives a try its time: %s', (_, limits, tries, timeoutMs, boundBy) => {
  expect(tryTime({ tries }, limits)).toEqual({ timeoutMs, boundBy })
})

it('leaves a try what was not used of its time, and a second at least', () => {
  const time = { timeoutMs: 5_000, boundBy: FIRST }
  expect(restOf(time, 800)).toEqual({ timeoutMs: 4_200, boundBy: FIRST })
  expect(restOf(time, 4_900)).toEqual({ timeoutMs: 1_000, boundBy: FIRST })
})
