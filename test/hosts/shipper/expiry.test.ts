import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { startExpiry } from '../../../hosts/shipper/expiry.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { bodies, fill, testSpool } from '../../support/spool.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

it('drops what waits for too long', async () => {
  const { spool, expiry, pass, dropped } = startRun()
  await fill(spool, bodies(2))
  pass(3 * DAY_MS)
  await fill(spool, bodies(1))
  pass(4 * DAY_MS + 1)
  await expiry.check()
  expect([dropped(), spool.depth().events]).toEqual([2, 1])
})

it.each([30 * DAY_MS, -30 * DAY_MS])(
  'drops nothing when the clock jumps by %d ms',
  async (jump) => {
    const { spool, clock, expiry, pass, dropped } = startRun()
    await fill(spool, bodies(1))
    pass(2 * DAY_MS)
    await expiry.check()
    // Between the check and the jump, and after it.
    pass(20_000)
    await fill(spool, bodies(1))
    clock.setBy(jump)
    await fill(spool, bodies(1))
    pass(20_000)
    await expiry.check()
    expect([dropped(), spool.depth().events]).toEqual([0, 3])
    expect(clock.now() - (spool.depth().oldestAt ?? 0)).toBe(2 * DAY_MS + 40_000)

    pass(5 * DAY_MS)
    await expiry.check()
    expect([dropped(), spool.depth().events]).toEqual([1, 2])
    pass(2 * DAY_MS - 30_000)
    await expiry.check()
    expect(spool.depth().events).toBe(2)
    pass(60_000)
    await expiry.check()
    expect(spool.depth().events).toBe(0)
  },
)

it.each([5 * HOUR_MS, -5 * HOUR_MS])(
  'drops what is too old by %d ms more or less when the clock jumps that far between two lives',
  async (jump) => {
    const first = testSpool()
    await fill(first.spool, bodies(2))
    first.close()
    const clock = new ManualClock()
    clock.setBy(jump)
    const { expiry, pass, dropped } = startRun({ clock, directory: first.directory })
    pass(7 * DAY_MS - Math.max(jump, 0) - HOUR_MS)
    await expiry.check()
    expect(dropped()).toBe(0)
    pass(5 * HOUR_MS + 2 * HOUR_MS)
    await expiry.check()
    expect(dropped()).toBe(2)
  },
)

/** The age limit is seven days. */
function startRun({
  clock = new ManualClock(),
  directory = temporaryDirectory(),
}: {
  readonly clock?: ManualClock
  readonly directory?: string
} = {}) {
  let events = 0
  const { spool } = testSpool({ clock, directory })
  const expiry = startExpiry({
    ...{ spool, clock, maxAgeMs: 7 * DAY_MS },
    metrics: {
      dropped: (count) => {
        events += count
      },
    },
    log: pino({ level: 'silent' }),
  })
  onTestFinished(() => expiry.stop())
  const pass = (ms: number) => clock.advance(ms)
  return { spool, clock, expiry, pass, dropped: () => events }
}
