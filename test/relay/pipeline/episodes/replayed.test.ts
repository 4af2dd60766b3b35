import { describe, expect, it } from 'vitest'
import { RULE_HOSTS, type Told } from './rule-hosts.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const FAILED: Told = { severity: 'error', reason: 'HealthCheckFailed', message: 'unhealthy' }
const DONE: Told = { reason: 'ReconciliationSucceeded', message: 'done' }
const RULES = { only: 'failures', remind: '1h' }

const REMINDER = expect.stringMatching(/^Still failing since .* \(reminder 1\)\nunhealthy$/)

describe.each(RULE_HOSTS)('on %s a failure that a person replays', (_, open) => {
  it('before a rule has judged it counts as told, and ends', async () => {
    const host = await open()
    await host.configureWithout(RULES)
    await host.report(FAILED)
    const [waiting] = await host.records()
    await host.replay(waiting?.id ?? '')
    await host.configure(RULES)
    await host.pass(90 * MINUTE_MS)
    await host.report({ ...FAILED, message: 'still unhealthy' })
    await host.report(DONE)
    expect(host.posted()).toEqual(['unhealthy', REMINDER, 'done'])
  })

  it('after a condition had kept it back counts as told, and ends', async () => {
    const host = await open()
    await host.configure({ ...RULES, when: 'false' })
    await host.report(FAILED)
    await host.configure(RULES)
    const [skipped] = await host.records()
    await host.replay(skipped?.id ?? '')
    await host.pass(90 * MINUTE_MS)
    await host.report(DONE)
    expect(host.posted()).toEqual(['unhealthy', REMINDER, 'done'])
  })

  it('while after holds it back is reminded of', async () => {
    const host = await open()
    await host.configure({ ...RULES, after: '10m' })
    await host.report(FAILED)
    const [held] = await host.records()
    await host.replay(held?.id ?? '')
    await host.restart()
    await host.pass(90 * MINUTE_MS)
    expect(host.posted()).toEqual(['unhealthy', REMINDER])
  })

  it('begins nothing when it has ended', async () => {
    const host = await open()
    await host.configure({ when: 'false' })
    await host.report(FAILED)
    await host.report(DONE)
    await host.configure(RULES)
    const [skipped] = await host.records()
    await host.replay(skipped?.id ?? '')
    await host.pass(3 * HOUR_MS)
    await host.report({ ...DONE, message: 'done again' })
    expect(host.posted()).toEqual([expect.stringMatching(/^unhealthy/)])
  })

  it('at one revision leaves it at the next one untold', async () => {
    const host = await open()
    await host.configure({ only: 'failures' })
    host.answerWith(404)
    await host.report(FAILED)
    const newer = { ...FAILED, revision: 'main@sha1:b' }
    await host.report({ ...newer, message: 'of b' })
    host.answerWith(200)
    const [older] = await host.records()
    await host.replay(older?.id ?? '')
    await host.report({ ...newer, message: 'again of b' })
    expect(host.posted()).toEqual([expect.stringMatching(/^unhealthy/), 'again of b'])
  })
})
