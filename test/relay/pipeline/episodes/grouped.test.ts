import { describe, expect, it } from 'vitest'
import { RULE_HOSTS, type Told } from './rule-hosts.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const GROUP = { 'group-by': "'all'", 'group-wait': '30s' }
const FAILED: Told = { severity: 'error', reason: 'HealthCheckFailed', message: 'unhealthy' }
const DONE: Told = { reason: 'ReconciliationSucceeded', message: 'done' }
const of = (told: Told, name: string): Told => ({ ...told, name })

describe.each(RULE_HOSTS)('on %s a group', (_, open) => {
  it('meets only: what is skipped is in no message, and what is told in one counts as told', async () => {
    const host = await open()
    await host.configure({ ...GROUP, only: 'failures' })
    for (const name of ['a', 'b']) await host.report(of(FAILED, name))
    await host.report(of(DONE, 'c'))
    await host.pass(2 * MINUTE_MS)
    await host.report(of({ ...FAILED, message: 'still unhealthy' }, 'a'))
    await host.report(of(DONE, 'a'))
    await host.pass(2 * MINUTE_MS)
    expect(host.posted()).toHaveLength(2)
    const outcomes = (await host.records()).map(({ event, outcome }) => [
      event.involvedObject.name,
      outcome,
    ])
    expect(outcomes).toEqual([
      ['a', 'delivered'],
      ['b', 'delivered'],
      ['c', 'skipped'],
      ['a', 'skipped'],
      ['a', 'delivered'],
    ])
  })

  it('meets after: failures that last are put together when they are told', async () => {
    const host = await open()
    await host.configure({ ...GROUP, after: '10m' })
    for (const name of ['a', 'b', 'c']) await host.report(of(FAILED, name))
    await host.report(of(DONE, 'c'))
    await host.restart()
    await host.pass(9 * MINUTE_MS)
    expect(host.posted()).toEqual([])
    await host.pass(3 * MINUTE_MS)
    expect(host.posted()).toHaveLength(1)
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual([
      'delivered',
      'delivered',
      'skipped',
      'skipped',
    ])
  })

  it('meets remind: reminders of one time are one message', async () => {
    const host = await open()
    await host.configure({ ...GROUP, remind: '1h' })
    for (const name of ['a', 'b']) await host.report(of(FAILED, name))
    await host.pass(5 * MINUTE_MS)
    expect(host.posted()).toHaveLength(1)
    await host.pass(HOUR_MS)
    expect(host.posted()).toHaveLength(2)
    for (const name of ['a', 'b']) await host.report(of(DONE, name))
    await host.pass(4 * HOUR_MS)
    expect(host.posted()).toHaveLength(3)
  })

  it.each([1, 2, 3])(
    'meets remind: %i reminders that wait for their message end with their failures',
    async (objects) => {
      const host = await open()
      await host.configure({ 'group-by': 'event.severity', 'group-wait': '20m', remind: '1h' })
      const names = ['a', 'b', 'c'].slice(0, objects)
      for (const name of names) await host.report(of(FAILED, name))
      await host.pass(90 * MINUTE_MS)
      expect(host.posted()).toHaveLength(1)
      const waiting = (await host.records()).filter(
        ({ toldIn, outcome }) => toldIn && outcome === 'held',
      )
      expect(waiting).toHaveLength(objects)
      for (const name of names.slice(1)) await host.report(of(DONE, name))
      await host.restart()
      await host.pass(35 * MINUTE_MS)
      const reminders = () => host.posted().filter((text) => /Still failing/.test(text))
      expect(reminders()).toHaveLength(1)
      expect(reminders()[0]).not.toMatch(/events of/)
      // The record of one that was not sent names no message.
      const ended = (await host.records()).filter(({ outcome }) => outcome === 'skipped')
      expect(ended.map(({ toldIn }) => toldIn)).toEqual(names.slice(1).map(() => undefined))
      await host.report(of(DONE, 'a'))
      await host.pass(5 * HOUR_MS)
      expect(reminders()).toHaveLength(1)
    },
  )

  it('of a destination that limits the rate meets remind: a reminder ends with its failure', async () => {
    const host = await open()
    await host.configure({ remind: '1h' }, { exclusionList: ['done'] })
    await host.report(of(FAILED, 'a'))
    host.answerWith(429)
    await host.pass(HOUR_MS + 15 * MINUTE_MS)
    await host.report(of(DONE, 'a'))
    host.answerWith(200)
    await host.pass(5 * HOUR_MS)
    expect(host.posted()).toEqual(['unhealthy'])
  })
})
