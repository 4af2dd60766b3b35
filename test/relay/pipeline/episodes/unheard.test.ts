import { describe, expect, it } from 'vitest'
import { RULE_HOSTS, type RuleHost, type Told } from './rule-hosts.ts'

const MINUTE_MS = 60_000
const FAILED: Told = { severity: 'error', reason: 'HealthCheckFailed', message: 'unhealthy' }
const DONE: Told = { reason: 'ReconciliationSucceeded', message: 'done' }
const OTHERS = [{ kind: 'Kustomization', name: 'others' }]

/** What an Alert has while it does not hear of the end. */
type Deaf = readonly [rules: Readonly<Record<string, string>>, spec: Record<string, unknown>]

const SUSPENDED: Deaf = [{ only: 'failures' }, { suspend: true }]
const WITHOUT_RULE: Deaf = [{}, { eventSeverity: 'error' }]
const OTHER_SOURCE: Deaf = [{ only: 'failures' }, { eventSources: OTHERS }]

async function endUnheard(host: RuleHost, [rules, spec]: Deaf): Promise<void> {
  await host.configure(rules, spec)
  await host.report(DONE)
}

describe.each(RULE_HOSTS)('on %s the end of a failure while an Alert', (_, open) => {
  describe.each([
    ['is suspended', SUSPENDED],
    ['has no rule', WITHOUT_RULE],
    ['does not select the object', OTHER_SOURCE],
  ])('%s', (__, deaf) => {
    it('leaves the next failure at the same revision to be told', async () => {
      const host = await open()
      const rules = { only: 'failures' }
      await host.configure(rules)
      await host.report(FAILED)
      await endUnheard(host, deaf)
      await host.configure(rules)
      for (const message of ['again', 'still']) await host.report({ ...FAILED, message })
      await host.report({ ...DONE, message: 'done again' })
      expect(host.posted()).toEqual(['unhealthy', 'again', 'done again'])
    })

    it('is told when the object reports it again', async () => {
      const host = await open()
      const rules = { only: 'failures' }
      await host.configure(rules)
      await host.report(FAILED)
      await endUnheard(host, deaf)
      await host.configure(rules)
      await host.report({ ...DONE, message: 'done again' })
      expect(host.posted()).toEqual(['unhealthy', 'done again'])
    })

    it('ends what after holds back, and begins its time anew', async () => {
      const host = await open()
      const rules = { after: '10m' }
      await host.configure(rules)
      await host.report(FAILED)
      await endUnheard(host, deaf)
      await host.configure(rules)
      await host.pass(30 * MINUTE_MS)
      expect(host.posted()).toEqual([])
      await host.report({ ...FAILED, message: 'again' })
      await host.pass(9 * MINUTE_MS)
      expect(host.posted()).toEqual([])
      await host.pass(2 * MINUTE_MS)
      expect(host.posted()).toEqual([expect.stringMatching(/\nagain$/)])
    })

    it('ends its reminders', async () => {
      const host = await open()
      const rules = { remind: '1h' }
      await host.configure(rules)
      await host.report(FAILED)
      await endUnheard(host, deaf)
      await host.configure(rules)
      await host.pass(90 * MINUTE_MS)
      expect(host.posted()).toEqual(['unhealthy'])
    })
  })
})
