import { describe, expect, it } from 'vitest'
import { RULE_HOSTS, type RuleHost, type Told } from './rule-hosts.ts'

const MINUTE_MS = 60_000
const FAILED: Told = { severity: 'error', reason: 'HealthCheckFailed' }
const DONE: Told = { reason: 'ReconciliationSucceeded' }
const GOING: Told = { reason: 'Progressing' }

async function outcomes(host: RuleHost) {
  return (await host.records()).map(({ event, outcome, reason }) =>
    outcome === 'delivered' ? event.reason : `${event.reason}: ${reason}`,
  )
}

describe.each(RULE_HOSTS)('on %s the rule after', (_, open) => {
  it('tells a failure at its third event, and its recovery', async () => {
    const host = await open()
    await host.configure({ after: '3 times' })
    for (const told of [FAILED, FAILED, FAILED, FAILED, DONE, FAILED]) {
      await host.report(told)
      await host.restart()
    }
    expect(await outcomes(host)).toEqual([
      'HealthCheckFailed: failure 1 of 3 (after: 3 times)',
      'HealthCheckFailed: failure 2 of 3 (after: 3 times)',
      'HealthCheckFailed',
      'HealthCheckFailed',
      'ReconciliationSucceeded',
      'HealthCheckFailed: failure 1 of 3 (after: 3 times)',
    ])
  })

  it('counts the same message again, which is no repeat before it was told', async () => {
    const host = await open()
    await host.configure({ after: '3 times' })
    for (let n = 0; n < 3; n += 1) await host.report({ ...FAILED, message: 'unhealthy' })
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual([
      'skipped',
      'skipped',
      'delivered',
    ])
  })

  it('skips a failure that recovers before, and the recovery, and says so', async () => {
    for (const [after, said] of [
      ['3 times', 'failure 1 of 3 (after: 3 times)'],
      ['10m', 'recovered while it was held back'],
    ]) {
      const host = await open()
      await host.configure({ after: String(after) })
      await host.report(FAILED)
      await host.restart()
      await host.pass(5 * MINUTE_MS)
      await host.report(DONE)
      await host.restart()
      await host.pass(60 * MINUTE_MS)
      expect(await outcomes(host)).toEqual([
        `HealthCheckFailed: ${said}`,
        'ReconciliationSucceeded: recovered from a failure that was not told',
      ])
    }
  })

  it('tells a failure once it has lasted, by its newest event', async () => {
    const host = await open()
    await host.configure({ after: '20m' })
    await host.report(FAILED)
    await host.report(GOING)
    const [held] = await host.records()
    expect(held).toMatchObject({ outcome: 'held', why: 'rule', tries: 0 })
    expect(held?.reason).toMatch(/^held until .*, and told if the failure lasts \(after: 20m\)$/)
    await host.restart()
    await host.pass(15 * MINUTE_MS)
    await host.report({ ...FAILED, reason: 'BuildFailed' })
    expect(host.posted()).toEqual([expect.stringContaining('Progressing')])
    await host.pass(4 * MINUTE_MS)
    expect(host.posted()).toHaveLength(1)
    await host.restart()
    await host.pass(2 * MINUTE_MS)
    await host.report(DONE)
    expect(await outcomes(host)).toEqual([
      'HealthCheckFailed: another delivery tells of this failure',
      'Progressing',
      'BuildFailed',
      'ReconciliationSucceeded',
    ])
  })

  it('says in the record for how long and why the failure was held back, whatever tries follow', async () => {
    const host = await open()
    await host.configure({ after: '20m' })
    await host.report(FAILED)
    host.answerWith(503)
    await host.pass(20 * MINUTE_MS)
    const said = expect.stringMatching(
      /^held back from (.*)T(.*)Z to (.*)Z: held until \3Z, and told if the failure lasts \(after: 20m\)$/,
    )
    expect(await host.records()).toMatchObject([{ outcome: 'retry', tries: 1, notes: [said] }])
    host.answerWith(200)
    await host.restart()
    await host.pass(60 * MINUTE_MS)
    expect(await host.records()).toMatchObject([{ outcome: 'delivered', tries: 2, notes: [said] }])
  })

  it('begins the 24 hours of tries when the failure is first sent', async () => {
    const host = await open()
    await host.configure({ after: '20h' })
    await host.report(FAILED)
    host.answerWith(503)
    await host.pass(30 * 60 * MINUTE_MS)
    host.answerWith(200)
    await host.pass(2 * 60 * MINUTE_MS)
    expect(await outcomes(host)).toEqual(['HealthCheckFailed'])
  })

  it('hears of a recovery that severity, list or condition keep from being told', async () => {
    for (const [annotations, spec] of [
      [{}, { eventSeverity: 'error' }],
      [{}, { exclusionList: ['Succeeded'] }],
      [{ when: "event.severity == 'error'" }, {}],
    ] as const) {
      const host = await open()
      await host.configure({ after: '10m', ...annotations }, spec)
      await host.report(FAILED)
      await host.report(DONE)
      await host.pass(60 * MINUTE_MS)
      expect(host.posted()).toEqual([])
      expect((await host.records()).map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped'])
    }
  })

  it('tells a success at another revision although the failure before it was not told', async () => {
    const host = await open()
    await host.configure({ after: '10m' })
    await host.report(DONE)
    await host.report({ ...FAILED, revision: 'main@sha1:b' })
    await host.report({ ...DONE, revision: 'main@sha1:b' })
    await host.pass(60 * MINUTE_MS)
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual([
      'delivered',
      'skipped',
      'delivered',
    ])
  })

  it('meets only: the failure once, after its time, and its recovery', async () => {
    const host = await open()
    await host.configure({ after: '10m', only: 'failures' })
    for (const told of [DONE, GOING, FAILED]) await host.report(told)
    await host.pass(11 * MINUTE_MS)
    for (const told of [FAILED, GOING, DONE, FAILED, DONE]) await host.report(told)
    await host.pass(60 * MINUTE_MS)
    expect(host.posted()).toEqual([
      expect.stringContaining('HealthCheckFailed'),
      expect.stringContaining('ReconciliationSucceeded'),
    ])
  })

  it('sends what a person replays at once, and counts it as told', async () => {
    const host = await open()
    await host.configure({ after: '10m', only: 'failures' })
    await host.report(FAILED)
    const [held] = await host.records()
    await host.replay(held?.id ?? '')
    await host.report(FAILED)
    await host.report(DONE)
    await host.pass(60 * MINUTE_MS)
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual([
      'delivered',
      'skipped',
      'delivered',
    ])
  })

  it('does not tell what had ended when the Alert lost the rule', async () => {
    for (const isOver of [true, false]) {
      const host = await open()
      await host.configure({ after: '1h' })
      await host.report(FAILED)
      if (isOver) await host.report(DONE)
      await host.configure({})
      await host.pass(2 * 60 * MINUTE_MS)
      expect(host.posted()).toHaveLength(isOver ? 0 : 1)
    }
  })

  it('changes nothing of what an Alert without it is told', async () => {
    const host = await open()
    await host.configure({})
    for (const told of [FAILED, GOING, DONE]) await host.report(told)
    expect(host.posted()).toHaveLength(3)
  })
})

describe.each(RULE_HOSTS)('on %s an incident tool', (_, open) => {
  it('gets a trigger after its time, and every resolve', async () => {
    const host = await open({
      type: 'pagerduty',
      channel: 'key',
      address: 'https://pagerduty.test',
    })
    await host.configure({ after: '10m' })
    await host.report(FAILED)
    await host.report(DONE)
    await host.pass(60 * MINUTE_MS)
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual(['skipped', 'delivered'])
    await host.report(FAILED)
    await host.pass(11 * MINUTE_MS)
    expect((await host.records()).at(-1)?.outcome).toBe('delivered')
  })
})
