import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { orderParts } from '../../../relay/model/event-order.ts'
import { createOrderTimes, eventOrder } from '../../../relay/pipeline/order.ts'
import { acceptedEvent, event } from '../../support/delivery-records.ts'
import { START } from '../../support/manual-clock.ts'

const SECOND_MS = 1_000
const HOUR_MS = 3_600_000

/** Accepts events of one cluster: when each was accepted, and how old it was then, in ms. */
function orderTimesOf(arrivals: ReadonlyArray<readonly [at: number, age: number]>): number[] {
  const times = createOrderTimes()
  return arrivals.map(([at, age]) => {
    const now = START + at
    return times.next({ cluster: 'prod', eventTime: now - age, now }) - START
  })
}

describe('the order time of an event', () => {
  it.each([
    ['its own time', 0, 0],
    ['its own time, after a try again', 15 * SECOND_MS, -15 * SECOND_MS],
    ['its own time, at the limit', 20 * SECOND_MS, -20 * SECOND_MS],
    ['its accept time, when it is older', 20 * SECOND_MS + 1, 0],
    ['its accept time, when it is much older', HOUR_MS, 0],
    ['its accept time, when it is of the future', -1, 0],
    ['its accept time, when it is of the far future', -24 * HOUR_MS, 0],
    ['its accept time, when it is of the year 0', START + 6.2e13, 0],
  ])('is %s', (_, age, expected) => {
    expect(orderTimesOf([[0, age]])).toEqual([expected])
  })

  it('is earlier for what was tried again while a later one arrived', () => {
    const [success, failure] = orderTimesOf([
      [10_000, 200],
      [13_000, 13_000],
    ])
    expect(failure).toBeLessThan(Number(success))
  })

  it.each([1, 300, 999])(
    'is earlier for what was tried again, though the clock is %i ms ahead of ours',
    (ahead) => {
      const [success, failure] = orderTimesOf([
        [10_000, -ahead],
        [13_000, 13_000 - ahead],
      ])
      expect(failure).toBeLessThan(Number(success))
    },
  )

  it.each([
    ['a clock that went back an hour', [0, 300], [5_000, HOUR_MS]],
    ['a clock that went back half a minute', [0, 300], [1_000, 31_000]],
    ['a clock that is ahead of ours at first', [0, -HOUR_MS], [200, 800]],
    ['a clock that is a little ahead of ours at first', [0, -2_000], [1_000, 3_000]],
    // The relay was down for 25 s: the first waited longer than a sender tries, the second did not.
    ['a sender that kept both while we were away', [0, 25_000], [0, 13_000]],
    ['a sender that kept both, and sends them one by one', [0, 25_000], [900, 13_900]],
  ] as const)('never puts the second before the first for %s', (_, first, second) => {
    const [earlier, later] = orderTimesOf([first, second])
    expect(later).toBeGreaterThanOrEqual(Number(earlier))
  })

  it('is no business of other clusters', () => {
    const times = createOrderTimes()
    times.next({ cluster: 'prod', eventTime: START + HOUR_MS, now: START })
    const time = times.next({ cluster: 'staging', eventTime: START - 5_000, now: START + 1 })
    expect(time).toBe(START - 5_000)
  })

  it.each([
    ['while it ran', 0],
    ['while the relay was down', START],
  ])('runs on at half the pace when the clock was set back %s, and rejoins it', (_, latest) => {
    const times = createOrderTimes(latest)
    const next = (now: number, age: number) =>
      times.next({ cluster: 'prod', eventTime: START + now - age, now: START + now }) - START
    next(latest === 0 ? 0 : -HOUR_MS, 0)
    // What happened before the clock was set is not after what was ordered by then.
    expect([next(-HOUR_MS, 900), next(-HOUR_MS + 5, 100)]).toEqual([1, 1])
    expect([next(-HOUR_MS + 20_000, 0), next(-HOUR_MS + 20_000, 10_000)]).toEqual([10_001, 5_001])
    expect([next(-1_000, 0), next(60_000, 2_000)]).toEqual([1_799_501, 1_829_001])
    expect([next(HOUR_MS + 60_000, 2_000), next(HOUR_MS + 61_000, 0)]).toEqual([
      HOUR_MS + 58_000,
      HOUR_MS + 61_000,
    ])
  })

  it('never goes back by more than a sender takes, whatever the clock is set to', () => {
    const arrival = fc.tuple(fc.nat(30_000), fc.integer({ min: -60_000, max: 60_000 }))
    const setting = fc.option(fc.integer({ min: -2 * HOUR_MS, max: 2 * HOUR_MS }))
    fc.assert(
      fc.property(fc.array(fc.tuple(arrival, setting)), (steps) => {
        const times = createOrderTimes()
        let now = START
        let latest = 0
        let ahead = 0
        for (const [[wait, age], setBy] of steps) {
          const byMs = wait + (setBy ?? 0)
          ahead = Math.max(0, ahead - (byMs < 0 ? byMs : byMs / 2))
          now += byMs
          const time = times.next({ cluster: 'prod', eventTime: now - age, now })
          expect(time).toBeLessThanOrEqual(now + ahead + 2 * steps.length)
          expect(time).toBeGreaterThanOrEqual(latest - 20_000)
          latest = Math.max(latest, time)
        }
      }),
    )
  })

  it('after a restart is not before what was ordered until then', () => {
    const times = createOrderTimes(START)
    const time = times.next({ cluster: 'prod', eventTime: START - 9_000, now: START + 5_000 })
    expect(time).toBe(START)
  })

  it('never passes the clock, and never goes back by more than a sender takes', () => {
    const arrival = fc.tuple(fc.nat(30_000), fc.integer({ min: -60_000, max: 60_000 }))
    fc.assert(
      fc.property(fc.array(arrival), (steps) => {
        const times = createOrderTimes()
        let now = START
        let latest = 0
        for (const [wait, age] of steps) {
          now += wait
          const time = times.next({ cluster: 'prod', eventTime: now - age, now })
          expect(time).toBeLessThanOrEqual(now)
          expect(time).toBeGreaterThanOrEqual(latest - 20_000)
          latest = Math.max(latest, time)
        }
      }),
    )
  })
})

describe('eventOrder', () => {
  const orderOf = (orderTime: number | undefined, sequence: string, acceptedAt = START) =>
    eventOrder({
      ...acceptedEvent({
        event: { ...event(), timestamp: '2026-11-20T09:14:01.000Z' },
        acceptedAt,
      }),
      ...(orderTime !== undefined && { orderTime }),
      sequence,
    })

  it('has the form of the orders that are stored, so that old and new compare', () => {
    expect(orderOf(START, '42')).toBe(`00${START}.0000000000000000000000000000000000000042`)
  })

  it.each([
    ['event', START, START - 2_000],
    ['accept', START - 60_000, START - 60_000],
  ])('of an event that an older version queued has its %s time', (_, acceptedAt, time) => {
    expect(orderParts(orderOf(undefined, '7', acceptedAt)).orderTime).toBe(time)
  })

  it('is by sequence where times are equal', () => {
    expect(orderOf(START, '9') < orderOf(START, '10')).toBe(true)
  })

  it('can be taken apart into what makes it again', () => {
    const order = orderOf(START + 5, '18873443423')
    const { orderTime, sequence } = orderParts(order)
    expect(orderOf(orderTime, sequence)).toBe(order)
  })
})
