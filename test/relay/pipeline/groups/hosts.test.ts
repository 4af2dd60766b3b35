import { describe, expect, it } from 'vitest'
import { RULE_HOSTS, type Told } from '../episodes/rule-hosts.ts'

const RULE = { 'group-by': "'all'", 'group-wait': '30s', 'group-max': '2m' }
const failed = (name: string): Told => ({ severity: 'error', reason: 'HealthCheckFailed', name })
const done = (name: string): Told => ({ reason: 'ReconciliationSucceeded', name })
const firstLine = (text: string) => text.split('\n', 1)[0]?.replace(/, from .*/, '')

describe.each(RULE_HOSTS)('a group on %s', (_, open) => {
  it('becomes one message, over a restart in between', async () => {
    const host = await open()
    await host.configure(RULE)
    await host.report(failed('a'))
    await host.report(failed('b'))
    await host.restart()
    await host.report(done('a'))
    await host.pass(5 * 60_000)
    expect(host.posted().map(firstLine)).toEqual(['3 events of 2 objects: 2 error, 1 info'])
    expect(host.posted()[0]).toContain('1 object failing, 1 object failed and recovered')
    const records = await host.records()
    expect(records.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered', 'delivered'])
    expect(new Set(records.map(({ toldIn }) => toldIn)).size).toBe(1)
  })

  it('waits with all of it while the destination fails, and dies with all of it', async () => {
    const host = await open()
    await host.configure(RULE)
    host.answerWith(503)
    for (const name of ['a', 'b', 'c']) await host.report(failed(name))
    await host.pass(10 * 60_000)
    await host.restart()
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual(['retry', 'held', 'held'])
    host.answerWith(404)
    await host.pass(2 * 3_600_000)
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual(['dead', 'dead', 'dead'])
  })

  it('ends with all of it soon after a destination works again that was parked', async () => {
    const host = await open()
    await host.configure({ ...RULE, 'group-by': 'event.involvedObject.name' })
    host.answerWith(429)
    for (const name of ['a', 'b', 'a', 'b']) await host.report(failed(name))
    await host.pass(5 * 60_000)
    const outcomes = async () => (await host.records()).map(({ outcome }) => outcome)
    expect(await outcomes()).toEqual(['retry', 'retry', 'held', 'held'])
    host.answerWith(200)
    await host.pass(3_600_000)
    expect(await outcomes()).toEqual(['delivered', 'delivered', 'delivered', 'delivered'])
  })

  it('has only what the rule only lets pass, and a recovery in the message of its failure', async () => {
    const host = await open()
    await host.configure({ ...RULE, only: 'failures' })
    await host.report(failed('a'))
    await host.report(failed('a'))
    await host.report(done('b'))
    await host.report(done('a'))
    await host.pass(5 * 60_000)
    expect(host.posted().map(firstLine)).toEqual(['2 events of 1 object: 1 error, 1 info'])
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual([
      'delivered',
      'skipped',
      'skipped',
      'delivered',
    ])
  })
})
