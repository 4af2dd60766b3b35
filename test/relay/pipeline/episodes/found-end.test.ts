import { describe, expect, it } from 'vitest'
import { OBJECT_DELETED, SHIPPER_REPORTER } from '../../../../relay/model/good-ends.ts'
import { RULE_HOSTS, type Told } from './rule-hosts.ts'

const HOUR = 3_600_000
const FAILED: Told = { severity: 'error', reason: 'HealthCheckFailed' }
const FOUND: Told = { reason: 'ReconciliationSucceeded', reporter: SHIPPER_REPORTER }
const DELETED: Told = { reason: OBJECT_DELETED, reporter: SHIPPER_REPORTER }
const HOOK = { address: 'https://hooks.example.com/x' }

describe.each(RULE_HOSTS)('on %s an end that the shipper found', (_, open) => {
  it.each<[string, Record<string, string>, readonly Told[], readonly string[]]>([
    ['is told as a recovery', { only: 'failures' }, [FAILED, FOUND], ['delivered', 'delivered']],
    [
      'is told of a deleted object',
      { only: 'failures' },
      [FAILED, DELETED],
      ['delivered', 'delivered'],
    ],
    [
      'is told after one for commit statuses',
      { only: 'failures' },
      [FAILED, { reason: 'ReconciliationSucceeded', forCommits: true }, FOUND],
      ['delivered', 'skipped', 'delivered'],
    ],
    ['is no news without a failure', { only: 'failures' }, [FOUND], ['skipped']],
    [
      'is no news without a failure',
      { only: 'changes' },
      [{ ...FOUND, revision: 'b' }],
      ['skipped'],
    ],
    ['is no news without a failure', { remind: '1h' }, [FOUND], ['skipped']],
    [
      'is told once',
      { only: 'failures' },
      [FAILED, FOUND, FOUND],
      ['delivered', 'delivered', 'skipped'],
    ],
    ['skips what is held back', { after: '10m' }, [FAILED, FOUND], ['skipped', 'skipped']],
    ['is none to who has no rule', {}, [FAILED, FOUND], ['delivered', 'skipped']],
    [
      'is none to who asks for last',
      { when: '!has(last.reason) || true' },
      [FAILED, FOUND],
      ['delivered', 'skipped'],
    ],
  ])('%s: %j', async (_, rules, events, outcomes) => {
    const host = await open()
    await host.configure(rules)
    for (const told of events) {
      await host.report(told)
      await host.restart()
    }
    await host.pass(HOUR / 2)
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual(outcomes)
  })

  it('ends reminders, and is told where the Alert takes errors only', async () => {
    const host = await open()
    await host.configure({ only: 'failures', remind: '1h' }, { eventSeverity: 'error' })
    await host.report(FAILED)
    await host.pass(HOUR)
    await host.report(FOUND)
    await host.pass(5 * HOUR)
    expect(host.posted()).toEqual([
      expect.stringContaining('HealthCheckFailed'),
      expect.stringContaining('Still failing'),
      expect.stringContaining('ReconciliationSucceeded'),
    ])
  })

  it('ends reminders of an Alert that takes errors only', async () => {
    const host = await open()
    await host.configure({ remind: '1h' }, { eventSeverity: 'error' })
    await host.report(FAILED)
    await host.report(DELETED)
    await host.pass(5 * HOUR)
    expect(host.posted()).toHaveLength(1)
  })

  it('says why it is not told', async () => {
    const host = await open()
    await host.configure({})
    await host.report(FOUND)
    const [record] = await host.records()
    expect(record?.reason).toMatch(/^Flux did not report that the failure ended/)
  })

  it.each<[string, readonly Told[], RegExp]>([
    ['without a failure', [FOUND], /^no failure was told that this could end/],
    [
      'after a failure that was held back',
      [FAILED, FOUND],
      /^recovered from a failure that was not told/,
    ],
  ])('says %s why it is not told to who waits', async (_case, events, reason) => {
    const host = await open()
    await host.configure({ after: '10m' })
    for (const told of events) await host.report(told)
    expect((await host.records()).at(-1)?.reason).toMatch(reason)
  })
})

describe.each(RULE_HOSTS)('on %s an incident', (_, open) => {
  it('is resolved by an end that the shipper found', async () => {
    const host = await open({ type: 'pagerduty', ...HOOK, channel: 'r'.repeat(32) })
    await host.configure({})
    await host.report(FAILED)
    await host.report(FOUND)
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered'])
  })
})
