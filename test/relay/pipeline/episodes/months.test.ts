import { describe, expect, it } from 'vitest'
import { RULE_HOSTS, type Told } from './rule-hosts.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const FAILED: Told = { severity: 'error', reason: 'HealthCheckFailed', message: 'unhealthy' }
const DONE: Told = { reason: 'ReconciliationSucceeded', message: 'done' }

/** Rules under which a failure is told once. */
const RULES: readonly Readonly<Record<string, string>>[] = [
  {},
  { only: 'failures' },
  { only: 'failures', after: '10m' },
  { remind: '7d' },
]

/** As they are deployed. */
const HOSTS = RULE_HOSTS.slice(0, 2)

describe.each(HOSTS)('on %s', (_, open) => {
  it.each(RULES)(
    'the longest silence holds back what lasts, and tells of it: %j',
    async (rules) => {
      const host = await open()
      await host.configure(rules)
      await host.silence(31 * DAY_MS)
      await host.report(FAILED)
      await host.report({ ...FAILED, name: 'recovers', message: 'for a while' })
      await host.pass(16 * DAY_MS)
      await host.restart()
      await host.report({ ...DONE, name: 'recovers' })
      await host.pass(14 * DAY_MS)
      expect(host.posted()).toEqual([])
      await host.pass(2 * DAY_MS)
      expect(host.posted()).toEqual([
        expect.stringMatching(/^Failing since 2026-11-20 .*\nunhealthy$/),
      ])
      await host.report({ ...DONE, revision: 'main@sha1:b' })
      expect(host.posted()).toHaveLength(2)
    },
  )

  it.each([
    ['and tells what still lasts', false],
    ['and forgets no end of a failure', true],
  ])('a Silence holds back for longer than a person may, %s', async (_, isOver) => {
    const host = await open()
    const silence = {
      apiVersion: 'flux-relay.io/v1alpha1',
      kind: 'Silence',
      metadata: { name: 'quarter', namespace: 'flux-system' },
      spec: { match: 'true', reason: 'frozen', endsAt: '2027-02-20T00:00:00Z' },
    }
    await host.configure({}, {}, [silence])
    await host.report(FAILED)
    await host.pass(40 * DAY_MS)
    await host.restart()
    if (isOver) await host.report(DONE)
    await host.pass(60 * DAY_MS)
    expect(host.posted()).toHaveLength(isOver ? 0 : 1)
  })

  it('reminders of a week go on for a week, and end with the failure', async () => {
    const host = await open()
    await host.configure({ remind: '1d' })
    await host.report(FAILED)
    await host.pass(6 * DAY_MS + HOUR_MS)
    await host.restart()
    expect(host.posted()).toHaveLength(7)
    await host.pass(30 * DAY_MS)
    expect(host.posted()).toHaveLength(8)
  })

  it('what was told is known for as long as it lasts', async () => {
    const host = await open()
    await host.configure({ only: 'failures' })
    await host.report(FAILED)
    for (let month = 0; month < 5; month += 1) {
      await host.pass(29 * DAY_MS)
      await host.report({ ...FAILED, message: `unhealthy for ${'a'.repeat(month)} month` })
    }
    expect(host.posted()).toEqual(['unhealthy'])
    await host.pass(60 * DAY_MS)
    await host.report(DONE)
    expect(host.posted()).toEqual(['unhealthy', 'done'])
  })
})
