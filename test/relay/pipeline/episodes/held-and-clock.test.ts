import { describe, expect, it } from 'vitest'
import { embedded, type Told } from './rule-hosts.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const FAILED: Told = { severity: 'error', reason: 'HealthCheckFailed', message: 'unhealthy' }

const SET = [
  ['back by hours', -3 * HOUR_MS],
  ['back by days', -72 * HOUR_MS],
  ['forward by hours', 3 * HOUR_MS],
] as const

describe('what a rule holds back', () => {
  it.each(SET)('by after is told in its time when the clock was set %s', async (_, byMs) => {
    const host = await embedded()
    await host.configure({ after: '10m' })
    await host.report(FAILED)
    await host.setClockBy(byMs)
    await host.pass(9 * MINUTE_MS)
    expect(host.posted()).toEqual([])
    await host.pass(2 * MINUTE_MS)
    expect(host.posted()).toEqual([expect.stringMatching(/^Failing since .*\nunhealthy/)])
  })

  it.each(SET)('and a newer failure takes over is too when it was set %s', async (_, byMs) => {
    const host = await embedded()
    await host.configure({ after: '10m' })
    await host.report(FAILED)
    await host.setClockBy(byMs)
    await host.pass(5 * MINUTE_MS)
    await host.report({ ...FAILED, message: 'worse' })
    await host.pass(11 * MINUTE_MS)
    expect(host.posted()).toEqual([expect.stringMatching(/\nworse/)])
  })

  it.each(SET)('to remind of a failure comes in its time when it was set %s', async (_, byMs) => {
    const host = await embedded()
    await host.configure({ remind: '4h' })
    await host.report(FAILED)
    await host.setClockBy(byMs)
    await host.pass(4 * HOUR_MS - MINUTE_MS)
    expect(host.posted()).toHaveLength(1)
    await host.pass(2 * MINUTE_MS)
    expect(host.posted()).toHaveLength(2)
    await host.pass(4 * HOUR_MS)
    expect(host.posted()).toHaveLength(3)
  })

  it('reminds as long after a silenced failure was told as it says when it was set', async () => {
    const host = await embedded()
    await host.configure({ remind: '6h' })
    await host.silence(20 * HOUR_MS)
    await host.report(FAILED)
    await host.setClockBy(5 * HOUR_MS)
    await host.pass(15 * HOUR_MS + MINUTE_MS)
    expect(host.posted()).toHaveLength(1)
    await host.pass(6 * HOUR_MS - 5 * MINUTE_MS)
    expect(host.posted()).toHaveLength(1)
    await host.pass(6 * MINUTE_MS)
    expect(host.posted()).toHaveLength(2)
  })

  it('reminds as long after a failure was told late as it says when it was set after that', async () => {
    const host = await embedded()
    await host.configure({ remind: '5h' })
    await host.silence(2 * HOUR_MS)
    await host.report(FAILED)
    await host.pass(2 * HOUR_MS + MINUTE_MS)
    expect(host.posted()).toHaveLength(1)
    await host.setClockBy(8 * HOUR_MS)
    await host.pass(5 * HOUR_MS - 5 * MINUTE_MS)
    expect(host.posted()).toHaveLength(1)
    await host.pass(5 * MINUTE_MS)
    expect(host.posted()).toHaveLength(2)
  })

  it.each(SET)('to tell it with others is told soon when it was set %s', async (_, byMs) => {
    const host = await embedded()
    await host.configure({ 'group-by': "'all'", 'group-wait': '30s', 'group-max': '2m' })
    await host.report(FAILED)
    await host.report({ ...FAILED, name: 'other' })
    await host.setClockBy(byMs)
    await host.report({ ...FAILED, name: 'third' })
    await host.pass(2 * MINUTE_MS)
    expect(host.posted()).toHaveLength(1)
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual([
      ...['delivered', 'delivered', 'delivered'],
    ])
  })

  it.each([
    ['forward while it lasts', 10 * HOUR_MS, 9 * HOUR_MS],
    ['forward beyond its end, as after a machine slept', 30 * HOUR_MS, 0],
    ['back', -10 * HOUR_MS, 29 * HOUR_MS],
  ])('for a silence is told at the end of that when it was set %s', async (_, byMs, leftMs) => {
    const host = await embedded()
    await host.configure({})
    await host.silence(20 * HOUR_MS)
    await host.report(FAILED)
    await host.pass(HOUR_MS)
    await host.setClockBy(byMs)
    await host.pass(Math.max(0, leftMs - 2 * MINUTE_MS))
    if (leftMs > 0) expect(host.posted()).toEqual([])
    await host.pass(3 * MINUTE_MS)
    expect(host.posted()).toEqual([expect.stringMatching(/^Failing since .*\nunhealthy$/)])
  })

  it('for longer than any retry waits keeps its due time', async () => {
    const host = await embedded()
    await host.configure({ after: '20h' })
    await host.report(FAILED)
    const dueAt = async () =>
      (await host.ports.ledger.list({}, 1)).records.map((r) => 'status' in r && r.status)
    const before = await dueAt()
    await host.pass(19 * HOUR_MS)
    expect(await dueAt()).toEqual(before)
    expect(host.posted()).toEqual([])
  })
})

it.each(SET)(
  'a replay of what was held is told at once when the clock was set %s',
  async (_, byMs) => {
    const host = await embedded()
    await host.configure({ 'group-by': "'all'", 'group-wait': '30s', 'group-max': '2m' })
    await host.report(FAILED)
    await host.pass(MINUTE_MS)
    host.answerWith(503)
    const [record] = await host.records()
    await host.replay(record?.id ?? '')
    await host.setClockBy(byMs)
    host.answerWith(200)
    await host.pass(MINUTE_MS)
    expect(host.posted()).toHaveLength(2)
  },
)
