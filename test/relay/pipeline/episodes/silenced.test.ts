import { describe, expect, it } from 'vitest'
import { expireSilence, readSilences } from '../../../../relay/pipeline/silences/stored-silences.ts'
import { wakeSilenced } from '../../../../relay/pipeline/wake.ts'
import { RULE_HOSTS, type Told } from './rule-hosts.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const FAILED: Told = { severity: 'error', reason: 'HealthCheckFailed', message: 'unhealthy' }
const DONE: Told = { reason: 'ReconciliationSucceeded', message: 'done' }

describe.each(RULE_HOSTS)('on %s a silence', (_, open) => {
  it('meets only: a failure that lasts is told once when it ends, and its recovery', async () => {
    const host = await open()
    await host.configure({ only: 'failures' })
    await host.silence(2 * HOUR_MS)
    for (const message of ['unhealthy', 'still unhealthy', 'not healthy yet']) {
      await host.report({ ...FAILED, message })
    }
    await host.restart()
    expect(host.posted()).toEqual([])
    await host.pass(3 * HOUR_MS)
    await host.report(DONE)
    expect(host.posted()).toEqual([expect.stringContaining('unhealthy'), 'done'])
  })

  it('meets only: a failure that ended in it is told as a new one when it comes again', async () => {
    const host = await open()
    await host.configure({ only: 'failures' })
    await host.report(FAILED)
    await host.silence(HOUR_MS)
    await host.report(DONE)
    await host.pass(2 * HOUR_MS)
    await host.report({ ...FAILED, message: 'again' })
    expect(host.posted()).toEqual(['unhealthy', 'again'])
  })

  it('meets only: a failure that ended in it is not told, and its record says why', async () => {
    const host = await open()
    await host.configure({ only: 'failures' })
    await host.silence(HOUR_MS)
    await host.report(FAILED)
    await host.pass(MINUTE_MS)
    await host.report(DONE)
    await host.pass(2 * HOUR_MS)
    expect(host.posted()).toEqual([])
    const reasons = (await host.records()).map(({ reason }) => reason)
    expect(reasons).toContain('a newer event ended the failure before this one was told')
  })

  it.each<[Record<string, string>, readonly Told[]]>([
    [{ only: 'failures' }, [FAILED]],
    [{ only: 'failures' }, [FAILED, { ...FAILED, revision: 'b' }]],
    [{ only: 'failures', after: '5m' }, [FAILED]],
    [{ after: '2 times' }, [FAILED, FAILED]],
  ])(
    'of failures alone lets %j tell the end of none that it still holds back',
    async (rules, failures) => {
      const host = await open()
      await host.configure(rules)
      await host.silence(2 * HOUR_MS, "event.severity == 'error'")
      for (const told of failures) {
        await host.report(told)
        await host.pass(10 * MINUTE_MS)
      }
      await host.restart()
      await host.report({ ...DONE, revision: failures.at(-1)?.revision ?? 'main@sha1:a' })
      await host.pass(3 * HOUR_MS)
      expect(host.posted()).toEqual([])
      const [end] = (await host.records()).slice(-1)
      expect(end).toMatchObject({
        outcome: 'skipped',
        reason: 'recovered from a failure that was not told',
      })
    },
  )

  it('of one reason lets only tell another reason of the failure, and its end, and nothing more', async () => {
    const host = await open()
    await host.configure({ only: 'failures' })
    await host.silence(2 * HOUR_MS, `event.reason == '${FAILED.reason}'`)
    await host.report(FAILED)
    await host.report({ ...FAILED, reason: 'BuildFailed', message: 'no such file' })
    await host.report(FAILED)
    await host.report({ ...FAILED, reason: 'BuildFailed', message: 'no such file yet' })
    expect(host.posted()).toEqual(['no such file'])
    await host.report(DONE)
    await host.pass(3 * HOUR_MS)
    expect(host.posted()).toEqual(['no such file', 'done'])
    const [held] = await host.records()
    expect(held).toMatchObject({
      outcome: 'skipped',
      reason: 'a newer event ended the failure before this one was told',
    })
  })

  it('of one reason that ends lets only tell nothing twice', async () => {
    const host = await open()
    await host.configure({ only: 'failures' })
    await host.silence(HOUR_MS, `event.reason == '${FAILED.reason}'`)
    await host.report(FAILED)
    await host.report({ ...FAILED, reason: 'BuildFailed', message: 'no such file' })
    await host.pass(2 * HOUR_MS)
    await host.report(DONE)
    expect(host.posted()).toEqual(['no such file', 'done'])
  })

  it('tells no failure that ended in it, though another one has begun that the Alert does not take', async () => {
    const host = await open()
    await host.configure({}, { exclusionList: ['other'] })
    await host.silence(HOUR_MS, `event.reason == '${FAILED.reason}'`)
    await host.report(FAILED)
    await host.report(DONE)
    await host.report({ ...FAILED, message: 'other' })
    await host.pass(2 * HOUR_MS)
    expect(host.posted()).toEqual(['done'])
    const [held] = await host.records()
    expect(held?.reason).toBe('the object recovered while the failure was silenced')
  })

  it('meets only: the record of a failure that ended in it says so, though another one is told', async () => {
    const host = await open()
    await host.configure({ only: 'failures' })
    await host.silence(HOUR_MS, `event.reason == '${FAILED.reason}'`)
    await host.report(FAILED)
    await host.report(DONE)
    await host.report({ ...FAILED, reason: 'BuildFailed', message: 'no such file' })
    await host.pass(2 * HOUR_MS)
    expect(host.posted()).toEqual(['no such file'])
    const [held] = await host.records()
    expect(held?.reason).toBe('a newer event ended the failure before this one was told')
  })

  it('meets after: events count while it holds back', async () => {
    const host = await open()
    await host.configure({ after: '3 times', only: 'failures' })
    await host.silence(HOUR_MS)
    for (const message of ['one', 'two', 'three', 'four']) await host.report({ ...FAILED, message })
    await host.pass(2 * HOUR_MS)
    expect(host.posted()).toEqual([expect.stringContaining('three')])
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual([
      'skipped',
      'skipped',
      'delivered',
      'skipped',
    ])
  })

  it('meets after: what has lasted in it is told at its end, and what has ended is not', async () => {
    for (const isOver of [false, true]) {
      const host = await open()
      await host.configure({ after: '10m' })
      await host.silence(HOUR_MS)
      await host.report(FAILED)
      await host.pass(30 * MINUTE_MS)
      if (isOver) await host.report(DONE)
      await host.pass(31 * MINUTE_MS)
      expect(host.posted()).toHaveLength(isOver ? 0 : 1)
      await host.pass(HOUR_MS)
      expect(host.posted()).toHaveLength(isOver ? 0 : 1)
    }
  })

  it.each([
    [{ after: '10m' }, 1],
    [{ after: '2 times' }, 1],
    [{ remind: '1h' }, 2],
  ])(
    'meets %j: a failure that comes again in the same words is told at its end',
    async (rules, count) => {
      const host = await open()
      await host.configure(rules)
      await host.silence(2 * HOUR_MS)
      for (let times = 0; times < 4; times += 1) {
        await host.report(FAILED)
        await host.pass(15 * MINUTE_MS)
      }
      expect(host.posted()).toEqual([])
      await host.pass(2 * HOUR_MS + 10 * MINUTE_MS)
      expect(host.posted()).toHaveLength(count)
      await host.report(DONE)
      expect(host.posted().at(-1)).toBe('done')
    },
  )

  it('pauses reminders, of which none is made up for', async () => {
    const host = await open()
    await host.configure({ remind: '1h' })
    await host.report(FAILED)
    await host.silence(4 * HOUR_MS)
    await host.pass(3 * HOUR_MS)
    expect(host.posted()).toHaveLength(1)
    await host.pass(HOUR_MS + 5 * MINUTE_MS)
    expect(host.posted()).toHaveLength(2)
    await host.pass(HOUR_MS)
    expect(host.posted()).toHaveLength(3)
  })

  it.each<[Record<string, string>]>([[{}], [{ remind: '1h' }], [{ only: 'failures' }]])(
    'meets a Provider that is missing meanwhile: %j tells no failure that has ended',
    async (rules) => {
      const host = await open()
      await host.configure(rules, { eventSeverity: 'error' })
      await host.silence(HOUR_MS)
      await host.report(FAILED)
      await host.configureWithout(rules)
      await host.pass(2 * HOUR_MS)
      await host.report(DONE)
      await host.configure(rules, { eventSeverity: 'error' })
      await host.pass(2 * HOUR_MS)
      expect(host.posted().join('\n')).not.toContain('unhealthy')
    },
  )

  it('meets a Provider that is missing meanwhile: a failure that lasts is told', async () => {
    const host = await open()
    await host.configure({})
    await host.silence(HOUR_MS)
    await host.report(FAILED)
    await host.configureWithout({})
    await host.pass(2 * HOUR_MS)
    await host.configure({})
    await host.pass(2 * HOUR_MS)
    expect(host.posted()).toEqual([expect.stringContaining('unhealthy')])
  })

  it('that a person ends lets go of a failure as of one that lasts', async () => {
    const host = await open()
    await host.configure({})
    await host.silence(20 * HOUR_MS)
    await host.report(FAILED)
    await host.pass(2 * HOUR_MS)
    const [silence] = await readSilences(host.ports, 'local')
    await expireSilence(host.ports, 'local', silence?.id ?? '')
    await wakeSilenced(host.ports, 'local', silence?.id ?? '')
    await host.pass(MINUTE_MS)
    expect(host.posted()).toEqual(['Failing since 2026-11-20 09:14:39 UTC\nunhealthy'])
  })

  it('holds a failure back that a person asks for as one that lasts', async () => {
    const host = await open()
    await host.configure({})
    await host.silence(20 * HOUR_MS)
    await host.report(FAILED)
    await host.pass(2 * HOUR_MS)
    const [held] = await host.records()
    await host.replay(held?.id ?? '')
    expect(host.posted()).toEqual(['Failing since 2026-11-20 09:14:39 UTC\nunhealthy'])
  })

  it('lets a reminder wait that is due before its failure was told', async () => {
    const host = await open()
    await host.configure({ remind: '1h' })
    await host.silence(4 * HOUR_MS)
    await host.report(FAILED)
    await host.pass(4 * HOUR_MS + 5 * MINUTE_MS)
    expect(host.posted()).toHaveLength(1)
    await host.pass(HOUR_MS)
    expect(host.posted()).toHaveLength(2)
  })
})
