import { describe, expect, it } from 'vitest'
import { type JudgedEvent, judgeEvent } from '../../../../relay/pipeline/episodes/judge.ts'
import { type MemoryRules, parseAfter } from '../../../../relay/pipeline/rules/memory-rules.ts'
import { event } from '../../../support/delivery-records.ts'
import { START } from '../../../support/manual-clock.ts'

function judged(severity: string, changes: Partial<JudgedEvent> = {}): JudgedEvent {
  const reason = severity === 'error' ? 'BuildFailed' : 'ReconciliationSucceeded'
  return {
    event: { ...event(), severity, reason },
    order: '1',
    deliveryId: 'late',
    happenedAt: START,
    now: START,
    takesErrorsOnly: false,
    isResolve: false,
    ...changes,
  }
}

/** What becomes of an event that waited for its Provider while a newer failure of its object was told. */
function late(rules: MemoryRules, event: JudgedEvent): string {
  const failure = { since: START, count: 1, reason: 'BuildFailed', deliveryId: 'newer' }
  const episode = { judged: { order: '2', verdict: 'send' as const }, failure }
  return judgeEvent(episode, event, rules, { isTold: true, toldBy: [] }).verdict.kind
}

describe('an event that comes behind a newer one of its object', () => {
  it.each<[string, MemoryRules, JudgedEvent, string]>([
    ['a failure by only', { only: 'failures' }, judged('error'), 'skip'],
    ['a success by only', { only: 'failures' }, judged('info'), 'skip'],
    ['a failure by after', { after: parseAfter('10m') }, judged('error'), 'skip'],
    ['a success by after', { after: parseAfter('10m') }, judged('info'), 'send'],
    ['a failure without either', {}, judged('error'), 'send'],
    ['a success without either', {}, judged('info'), 'send'],
    ['a success for errors only', {}, judged('info', { takesErrorsOnly: true }), 'skip'],
    ['a resolve', { after: parseAfter('10m') }, judged('info', { isResolve: true }), 'send'],
    [
      'a resolve for errors only',
      { only: 'failures' },
      judged('info', { isResolve: true, takesErrorsOnly: true }),
      'send',
    ],
    ['the failure that is told', {}, judged('error', { deliveryId: 'newer' }), 'send'],
  ])('%s', (_, rules, event, verdict) => {
    expect(late(rules, event)).toBe(verdict)
  })
})
