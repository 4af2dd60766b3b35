import { expect, it, onTestFinished, vi } from 'vitest'
import { watchClock } from '../../../hosts/embedded/set-clock.ts'
import { ELAPSED, ManualClock, START } from '../../support/manual-clock.ts'

const HOUR_MS = 3_600_000

function watched() {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const machine = new ManualClock()
  const watch = watchClock(machine)
  onTestFinished(() => watch.stop())
  const told: number[] = []
  watch.onSet((byMs) => told.push(byMs))
  return { ...watch, machine, told }
}

it.each([
  ['back by hours', -5 * HOUR_MS],
  ['forward by days', 72 * HOUR_MS],
  ['by a second', 1_000],
])(
  'tells that the clock was set %s before anyone reads it, and goes on evenly beside it',
  (_, byMs) => {
    const { clock, machine, told } = watched()
    machine.advance(10_000)
    expect(clock.now()).toBe(START + 10_000)
    machine.setBy(byMs)
    expect(clock.now()).toBe(START + 10_000 + byMs)
    expect(told).toEqual([byMs])
    machine.advance(5_000)
    clock.now()
    expect(told).toEqual([byMs])
    expect(clock.elapsed()).toBe(ELAPSED + 15_000)
  },
)

it('looks each second when nobody reads it', () => {
  const { machine, told } = watched()
  machine.setBy(HOUR_MS)
  expect(told).toEqual([])
  vi.advanceTimersByTime(1_000)
  expect(told).toEqual([HOUR_MS])
})

it('takes a clock that is kept right for one that is not set, however long', () => {
  const { clock, machine, told } = watched()
  for (let minute = 0; minute < 600; minute += 1) {
    machine.advance(60_000)
    machine.setBy(30)
    clock.now()
  }
  expect(told).toEqual([])
})
