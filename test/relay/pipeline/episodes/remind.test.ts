import { describe, expect, it } from 'vitest'
import { RULE_HOSTS, type Told } from './rule-hosts.ts'

const HOUR_MS = 3_600_000
const FAILED: Told = { severity: 'error', reason: 'HealthCheckFailed', message: 'unhealthy' }
const DONE: Told = { reason: 'ReconciliationSucceeded', message: 'done' }

describe.each(RULE_HOSTS)('on %s the rule remind', (_, open) => {
  it('tells a failure again while it lasts, over restarts', async () => {
    const host = await open()
    await host.configure({ remind: '4h' })
    await host.report(FAILED)
    await host.restart()
    await host.pass(4 * HOUR_MS + 60_000)
    await host.restart()
    await host.pass(4 * HOUR_MS)
    expect(host.posted()).toEqual([
      'unhealthy',
      'Still failing since 2026-11-20 09:14:09 UTC (reminder 1)\nunhealthy',
      'Still failing since 2026-11-20 09:14:09 UTC (reminder 2)\nunhealthy',
    ])
    await host.report(DONE)
    await host.pass(24 * HOUR_MS)
    expect(host.posted()).toHaveLength(4)
    const records = await host.records()
    expect(records.map(({ outcome }) => outcome).toSorted()).toEqual([
      'delivered',
      'delivered',
      'delivered',
      'delivered',
      'skipped',
    ])
    expect(records.find(({ outcome }) => outcome === 'skipped')?.reason).toBe(
      'the failure has ended',
    )
  })

  it('ends after seven days', async () => {
    const host = await open()
    await host.configure({ remind: '1d' })
    await host.report(FAILED)
    await host.pass(9 * 24 * HOUR_MS)
    expect(host.posted()).toHaveLength(1 + 7)
    // None is left that waits, so none can come later.
    expect((await host.records()).every(({ outcome }) => outcome === 'delivered')).toBe(true)
  })

  it.each([
    ['1d', 7],
    ['7d', 1],
  ])(
    '%s comes as often in seven days as it fits, though the failure is told moments after it began',
    async (remind, times) => {
      const host = await open()
      await host.configureWithout({ remind })
      await host.report(FAILED)
      await host.configure({ remind })
      await host.pass(30 * 24 * HOUR_MS)
      expect(host.posted()).toHaveLength(1 + times)
    },
  )

  it('ends when the Alert is suspended or loses the rule', async () => {
    for (const [annotations, spec, said] of [
      [{ remind: '4h' }, { suspend: true }, 'Alert suspended'],
      [{}, {}, 'the Alert has no rule remind any more'],
    ] as const) {
      const host = await open()
      await host.configure({ remind: '4h' })
      await host.report(FAILED)
      await host.configure(annotations, spec)
      await host.pass(24 * HOUR_MS)
      expect(host.posted()).toHaveLength(1)
      expect((await host.records()).map(({ reason }) => reason)).toContain(said)
    }
  })

  it('reminds of the newest message of a failure alone', async () => {
    const host = await open()
    await host.configure({ remind: '4h', only: 'failures' })
    await host.report(FAILED)
    await host.pass(3 * HOUR_MS)
    await host.report({ ...FAILED, revision: 'main@sha1:b', message: 'worse' })
    await host.pass(4 * HOUR_MS + 60_000)
    expect(host.posted()).toEqual([
      'unhealthy',
      'worse',
      expect.stringMatching(/^Still failing since 2026-11-20 09:14:09 UTC \(reminder 1\)\nworse$/),
    ])
  })

  it('waits until the failure is told after its time', async () => {
    const host = await open()
    await host.configure({ remind: '4h', after: '1h' })
    await host.report(FAILED)
    await host.pass(4 * HOUR_MS + 60_000)
    expect(host.posted()).toEqual(['Failing since 2026-11-20 09:14:09 UTC\nunhealthy'])
    await host.pass(HOUR_MS)
    expect(host.posted()).toHaveLength(2)
  })

  it('runs from the message though after, and then a silence, had held that back', async () => {
    const host = await open()
    await host.configure({ after: '20m', remind: '1h' })
    await host.silence(HOUR_MS / 2)
    await host.report(FAILED)
    await host.pass(HOUR_MS / 2 + 60_000)
    expect(host.posted()).toHaveLength(1)
    await host.pass(HOUR_MS - 5 * 60_000)
    expect(host.posted()).toHaveLength(1)
    await host.pass(6 * 60_000)
    expect(host.posted()).toHaveLength(2)
  })

  it('is not told many times at once after hours in which the destination failed', async () => {
    const host = await open()
    await host.configure({ remind: '20m' })
    await host.report(FAILED)
    host.answerWith(503)
    await host.pass(6 * HOUR_MS)
    host.answerWith(200)
    await host.pass(HOUR_MS + HOUR_MS / 3)
    const reminders = host.posted().filter((text) => text.includes('(reminder'))
    // One waited, and there is one more each twenty minutes.
    expect(reminders.length).toBeGreaterThanOrEqual(2)
    expect(reminders.length).toBeLessThanOrEqual(5)
  })

  it('runs from a reminder that was sent late, as the destination failed', async () => {
    const host = await open()
    await host.configure({ remind: '30m' })
    await host.report(FAILED)
    host.answerWith(503)
    await host.pass(50 * 60_000)
    host.answerWith(200)
    const sentAt: number[] = []
    for (let minute = 51; sentAt.length < 3 && minute < 200; minute += 1) {
      await host.pass(60_000)
      if (host.posted().length > sentAt.length + 1) sentAt.push(minute)
    }
    const [first = 0, second = 0, third = 0] = sentAt
    // The first was tried again half an hour or so after its tries of the first minutes.
    expect(first).toBeGreaterThan(60)
    expect([second - first, third - second]).toEqual([30, 30])
  })

  it('runs from the message also where that took a small part of the time', async () => {
    const host = await open()
    await host.configure({ remind: '1d' })
    host.answerWith(503)
    await host.report(FAILED)
    await host.pass(3 * 60_000)
    host.answerWith(200)
    await host.pass(HOUR_MS)
    const told = (await host.records()).find(({ outcome }) => outcome === 'delivered')
    const dueAt = (told?.updatedAt ?? 0) + 24 * HOUR_MS
    await host.pass(dueAt - host.ports.clock.now() - 3 * 60_000)
    expect(host.posted()).toHaveLength(1)
    await host.pass(5 * 60_000)
    expect(host.posted()).toHaveLength(2)
  })

  it('is not put off by the moments that a message takes to be sent', async () => {
    const host = await open()
    await host.configure({ remind: '4h' })
    host.answerWith(200, 3_000)
    await host.report(FAILED)
    await host.pass(8 * HOUR_MS + 60_000)
    expect(host.posted()).toHaveLength(3)
    const told = (await host.records()).filter(({ outcome }) => outcome === 'delivered')
    // Nobody looked at one of them before it was due.
    expect(told.map(({ attempt }) => attempt)).toEqual([1, 1, 1])
  })

  it('does not remind of a failure that was never told', async () => {
    const host = await open()
    await host.configure({ remind: '4h' })
    host.answerWith(404)
    await host.report(FAILED)
    host.answerWith(200)
    await host.pass(8 * 24 * HOUR_MS)
    expect(host.posted()).toEqual([])
    expect((await host.records()).map(({ outcome }) => outcome)).toContain('dead')
    expect((await host.records()).map(({ reason }) => reason)).toContain('the failure was not told')
  })

  it('reminds of a failure whose delivery died once a person has replayed it', async () => {
    const host = await open()
    await host.configure({ remind: '4h' })
    host.answerWith(404)
    await host.report(FAILED)
    host.answerWith(200)
    await host.pass(9 * HOUR_MS)
    const dead = (await host.records()).find(({ outcome }) => outcome === 'dead')
    await host.replay(String(dead?.id))
    expect(host.posted()).toHaveLength(1)
    await host.pass(4 * HOUR_MS - 60_000)
    expect(host.posted()).toHaveLength(1)
    await host.pass(2 * 60_000)
    expect(host.posted()).toEqual([
      expect.stringContaining('unhealthy'),
      expect.stringContaining('(reminder 1)'),
    ])
    await host.pass(4 * HOUR_MS)
    expect(host.posted()).toHaveLength(3)
  })

  it('goes on after its Provider was missing when a reminder was due', async () => {
    const host = await open()
    await host.configure({ remind: '4h' })
    await host.report(FAILED)
    await host.configureWithout({ remind: '4h' })
    await host.pass(4 * HOUR_MS + 60_000)
    expect(host.posted()).toHaveLength(1)
    await host.configure({ remind: '4h' })
    await host.pass(HOUR_MS)
    expect(host.posted()).toHaveLength(2)
    await host.pass(4 * HOUR_MS)
    expect(host.posted()).toHaveLength(3)
  })

  it('goes on after its Provider was missing for days', async () => {
    const host = await open()
    await host.configure({ remind: '4h' })
    await host.report(FAILED)
    await host.configureWithout({ remind: '4h' })
    await host.pass(50 * HOUR_MS)
    expect(host.posted()).toHaveLength(1)
    host.answerWith(503)
    await host.configure({ remind: '4h' })
    await host.pass(HOUR_MS)
    host.answerWith(200)
    await host.pass(HOUR_MS + HOUR_MS / 2)
    expect(host.posted()).toHaveLength(2)
    await host.pass(5 * HOUR_MS)
    expect(host.posted()).toHaveLength(3)
  })

  it('ends with its failure though its Provider is missing', async () => {
    const host = await open()
    await host.configure({ remind: '4h' })
    await host.report(FAILED)
    await host.configureWithout({ remind: '4h' })
    await host.pass(5 * HOUR_MS)
    await host.report(DONE)
    await host.pass(2 * HOUR_MS)
    const reminder = (await host.records()).find(({ reminder }) => reminder !== undefined)
    expect(reminder).toMatchObject({ outcome: 'skipped', reason: 'the failure has ended' })
  })

  it('is given up with its failure where its Provider stays missing', async () => {
    const host = await open()
    await host.configure({ remind: '4h' })
    await host.report(FAILED)
    await host.configureWithout({ remind: '4h' })
    await host.pass(9 * 24 * HOUR_MS)
    expect((await host.records()).map(({ outcome }) => outcome).toSorted()).toEqual([
      'dead',
      'delivered',
    ])
  })

  it('goes on after a person sent a reminder before its time', async () => {
    const host = await open()
    await host.configure({ remind: '4h' })
    await host.report(FAILED)
    const held = (await host.records()).find(({ outcome }) => outcome === 'held')
    await host.replay(String(held?.id))
    expect(host.posted()).toHaveLength(2)
    await host.pass(4 * HOUR_MS + 60_000)
    expect(host.posted()).toHaveLength(3)
  })

  it('is told in one message with what fails now', async () => {
    const host = await open()
    const TWO =
      /^2 events of 2 objects: 2 error\nFrom 2026-11-20 09:14:09 to 2026-11-22 09:14:\d\d UTC\n/
    await host.configure({ remind: '2d', 'group-by': "'all'", 'group-wait': '30s' })
    await host.report(FAILED)
    await host.pass(48 * HOUR_MS + 20_000)
    await host.report({ ...FAILED, name: 'infra' })
    await host.pass(5 * 60_000)
    expect(host.posted()).toEqual(['unhealthy', expect.stringMatching(TWO)])
    expect(host.posted()[1]).toContain(
      'apps: Still failing since 2026-11-20 09:14:09 UTC (reminder 1): HealthCheckFailed: unhealthy',
    )
  })

  it('is no repeat, and makes none', async () => {
    const host = await open()
    await host.configure({ remind: '2m' })
    await host.report(FAILED)
    await host.pass(3 * 60_000)
    expect(host.posted()).toHaveLength(2)
  })
})
