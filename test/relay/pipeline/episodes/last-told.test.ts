import { describe, expect, it } from 'vitest'
import { RULE_HOSTS, type RuleHost, type Told } from './rule-hosts.ts'

const FAILED: Told = { severity: 'error', reason: 'HealthCheckFailed' }
const DONE: Told = { reason: 'ReconciliationSucceeded' }
const GOING: Told = { reason: 'Progressing' }

async function outcomes(host: RuleHost) {
  return (await host.records()).map(({ outcome }) => outcome)
}

describe.each(RULE_HOSTS)('on %s the variable last', (_, open) => {
  it('has what the Alert was last told about the object, over restarts', async () => {
    const host = await open()
    await host.configure({ when: "last[?'reason'].orValue('') != event.reason" })
    for (const told of [GOING, GOING, DONE, DONE, GOING, { ...GOING, name: 'infra' }]) {
      await host.report(told)
      await host.restart()
    }
    expect(await outcomes(host)).toEqual([
      'delivered',
      'skipped',
      'delivered',
      'skipped',
      'delivered',
      'delivered',
    ])
  })

  it('has the outcome, the revision and the time of it', async () => {
    const host = await open()
    const text = ["$(has(last.when) ? last.outcome + ' ' + last.severity + ' ' + last.revision"]
    await host.configure({ text: `${text} + ' ' + string(last.when) : 'nothing')` })
    host.answerWith(404)
    await host.report(FAILED)
    host.answerWith(200)
    await host.report(DONE)
    await host.report(GOING)
    expect(host.posted()).toEqual([
      'dead error main@sha1:a 2026-11-20T09:14:09Z',
      'delivered info main@sha1:a 2026-11-20T09:14:10Z',
    ])
  })

  it.each<[string, Record<string, string>, readonly Told[], readonly string[]]>([
    [
      'only',
      { only: 'failures' },
      [GOING, ...Array.from({ length: 6 }, () => FAILED), DONE, FAILED],
      ['nothing', FAILED.reason, DONE.reason],
    ],
    [
      'after',
      { after: '6 times' },
      [GOING, ...Array.from({ length: 6 }, () => FAILED), DONE],
      ['nothing', GOING.reason, FAILED.reason],
    ],
  ])(
    'has what was told beside %s, and nothing that it kept back',
    async (_, rules, events, lasts) => {
      const host = await open()
      await host.configure({ ...rules, text: "$(last[?'reason'].orValue('nothing'))" })
      for (const told of events) {
        await host.report(told)
        await host.restart()
      }
      expect(host.posted()).toEqual(lasts)
    },
  )

  it('does not count what a silence kept back', async () => {
    const host = await open()
    await host.configure({ text: "$(last[?'reason'].orValue('nothing'))" })
    await host.silence(60_000)
    await host.report(DONE)
    await host.pass(120_000)
    await host.report(GOING)
    expect(host.posted()).toEqual(['nothing'])
  })

  it('is for types of every family, of which no event is kept back', async () => {
    const host = await open({ type: 'generic', address: 'https://hooks.example/x' })
    await host.configure({ when: 'size(last) >= 0' })
    for (const told of [FAILED, DONE, DONE, GOING]) await host.report(told)
    expect(await outcomes(host)).toEqual(Array.from({ length: 4 }, () => 'delivered'))
  })

  it('is the same when a try is made again', async () => {
    const host = await open()
    await host.configure({ when: 'size(last) == 0' })
    host.answerWith(503)
    await host.report(FAILED)
    host.answerWith(200)
    await host.restart()
    await host.pass(60_000)
    expect(await outcomes(host)).toEqual(['delivered'])
  })
})
