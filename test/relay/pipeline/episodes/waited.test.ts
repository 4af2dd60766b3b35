import { describe, expect, it } from 'vitest'
import { createSilence } from '../../../../relay/pipeline/silences/stored-silences.ts'
import { wakeWaiting } from '../../../../relay/pipeline/wake.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'

const HOUR_MS = 3_600_000
const CHAT = provider('chat', { type: 'slack', address: 'https://hooks.slack.com/services/x' })

/** A relay with one Alert, whose Provider comes and goes. */
function open(rules: Record<string, string>): Harness {
  const harness = createHarness()
  harness.answerWith(() => answer(200, {}, 'ok'))
  return { ...harness, configure: (...set) => harness.configure(...set, watching(rules)) }
}

function watching(rules: Record<string, string>) {
  return annotated(alert('rules', 'chat'), rules)
}

/** Reports events about one object: `fails …` or `works …`, and `at` which revision. */
async function report(harness: Harness, messages: readonly string[]): Promise<void> {
  for (const message of messages) {
    const isFailure = message.startsWith('fails')
    const reason = isFailure ? 'HealthCheckFailed' : 'ReconciliationSucceeded'
    const severity = isFailure ? 'error' : 'info'
    const metadata = { 'kustomize.toolkit.fluxcd.io/revision': message.split(' at ')[1] ?? '' }
    await harness.send('kustomization-finished', { message, reason, severity, metadata })
    await harness.drain()
    harness.clock.advance(1_000)
  }
}

/** Brings the Provider. What waited is dispatched as the host does it, which begins one while another reads. */
async function bringProvider(harness: Harness): Promise<void> {
  await harness.configure(CHAT)
  await wakeWaiting(harness.ports, CLUSTER)
  const woken = await harness.queue.leaseRetries(100)
  await Promise.all(woken.map((retry) => harness.dispatcher.dispatchRetry(retry)))
  for (const retry of woken) await harness.queue.acknowledgeRetry(retry)
}

async function silence({ ports, clock }: Harness): Promise<void> {
  const endsAt = clock.now() + HOUR_MS
  await createSilence(ports, CLUSTER, { match: 'true', reason: 'work', endsAt, by: 'ann' })
}

/** What was told so far, without what stands before and behind the message. */
function told({ requests }: Harness): readonly string[] {
  return requests.map(({ body }) => /(fails|works)[^\\"]*/.exec(String(body))?.[0] ?? '')
}

const times = (count: number, of: (number: number) => string) =>
  Array.from({ length: count }, (_, number) => of(number))

const failures = times(12, (number) => `fails ${'i'.repeat(number)} at a`)

describe('what waited for a Provider is judged in the order of the events', () => {
  it('of more deliveries than one that loses to another is judged again', async () => {
    const harness = open({ after: '10 times' })
    await harness.configure()
    await report(harness, failures)
    await bringProvider(harness)
    expect(told(harness)).toEqual(failures.slice(9))
  })

  it('of as many that a silence holds back', async () => {
    const harness = open({})
    await harness.configure()
    await report(harness, failures)
    await silence(harness)
    await bringProvider(harness)
    harness.clock.advance(2 * HOUR_MS)
    await harness.drain()
    expect(told(harness)).toEqual(failures.slice(-1))
  })

  it.each([
    ['only', 'failures', ['fails at a', 'works at a', 'fails at b'], [0, 1, 2]],
    ['only', 'changes', ['works at a', 'works at b', 'works at c'], [0, 1, 2]],
    ['after', '2 times', ['fails at a', 'fails again at a', 'works at a'], [1, 2]],
    ['remind', '1h', ['fails at a', 'works at a', 'fails at b', 'works at b'], [0, 1, 2, 3]],
  ])('by the rule %s: %s', async (rule, value, messages, expected) => {
    const harness = open({ [rule]: value })
    await harness.configure()
    await report(harness, messages)
    await bringProvider(harness)
    expect(told(harness)).toEqual(expected.map((at) => messages[at]))
  })
})

it('a failure that a silence held back is told though a later one waited for the Provider with it', async () => {
  const harness = open({ only: 'failures' })
  await harness.configure(CHAT)
  await silence(harness)
  await report(harness, ['fails at a'])
  await harness.configure()
  await report(harness, ['fails again at a'])
  harness.clock.advance(2 * HOUR_MS)
  await harness.drain()
  await bringProvider(harness)
  expect(told(harness)).toHaveLength(1)
})
