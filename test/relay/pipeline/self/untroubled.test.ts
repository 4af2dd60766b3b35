import { expect, it } from 'vitest'
import { Untroubled } from '../../../../relay/pipeline/self/untroubled.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

it.each([
  ['time has passed', (clock: ManualClock) => clock.advance(60_000)],
  ['the process was asleep', (clock: ManualClock) => clock.setBy(60_000)],
])('relies on what was found for a minute: %s', (_, wait) => {
  const clock = new ManualClock()
  const untroubled = new Untroubled(clock)
  untroubled.add('a')
  expect(untroubled.has('a')).toBe(true)
  wait(clock)
  expect(untroubled.has('a')).toBe(false)
})

it('relies on it for no longer when the clock is set back', () => {
  const clock = new ManualClock()
  const untroubled = new Untroubled(clock)
  untroubled.add('a')
  clock.setBy(-3_600_000)
  clock.advance(60_000)
  expect(untroubled.has('a')).toBe(false)
})
