import { describe, expect, it } from 'vitest'
import { wakeWaiting } from '../../../../relay/pipeline/wake.ts'
import { alert, answer, createHarness, provider } from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'

const CHAT = provider('chat', { type: 'slack', address: 'https://hooks.slack.com/services/x' })

/** What is told of events that waited for their Provider and are judged at once when it comes: `MESSAGE`. */
async function toldAfterWaiting(rules: Record<string, string>, messages: readonly string[]) {
  const harness = createHarness()
  const { ports, queue, dispatcher, requests } = harness
  harness.answerWith(() => answer(200, {}, 'ok'))
  const watching = annotated(alert('rules', 'chat'), rules)
  await harness.configure(watching)
  for (const message of messages) {
    const isFailure = message.startsWith('fails')
    const reason = isFailure ? 'HealthCheckFailed' : 'ReconciliationSucceeded'
    const severity = isFailure ? 'error' : 'info'
    const metadata = { 'kustomize.toolkit.fluxcd.io/revision': message.split(' at ')[1] ?? '' }
    await harness.send('kustomization-finished', { message, reason, severity, metadata })
    await harness.drain()
    harness.clock.advance(1_000)
  }
  await harness.configure(CHAT, watching)
  await wakeWaiting(ports, 'local')
  const woken = await queue.leaseRetries(100)
  // As the host does, which begins one while another reads.
  await Promise.all(woken.map((retry) => dispatcher.dispatchRetry(retry)))
  return requests.map(({ body }) => JSON.parse(String(body)).attachments[0].text.split('\n')[0])
}

const times = (count: number, of: (number: number) => string) =>
  Array.from({ length: count }, (_, number) => of(number))

describe('what waited for a Provider is judged in the order of the events', () => {
  it('of more deliveries than one that loses to another is judged again', async () => {
    const failures = times(12, (number) => `fails ${'i'.repeat(number)} at a`)
    expect(await toldAfterWaiting({ after: '10 times' }, failures)).toEqual(failures.slice(9))
  })

  it.each([
    ['only', 'failures', ['fails at a', 'works at a', 'fails at b'], [0, 1, 2]],
    ['only', 'changes', ['works at a', 'works at b', 'works at c'], [0, 1, 2]],
    ['after', '2 times', ['fails at a', 'fails again at a', 'works at a'], [1, 2]],
    ['remind', '1h', ['fails at a', 'works at a', 'fails at b', 'works at b'], [0, 1, 2, 3]],
  ])('by the rule %s: %s', async (rule, value, messages, told) => {
    const expected = told.map((at) => messages[at])
    expect(await toldAfterWaiting({ [rule]: value }, messages)).toEqual(expected)
  })
})
