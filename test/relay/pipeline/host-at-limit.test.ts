import { describe, expect, it } from 'vitest'
import { DispatchFailure } from '../../../relay/pipeline/dispatch-failure.ts'
import type { TransportFailure } from '../../../relay/ports/http.ts'
import { fixtureJson } from '../../support/notifications.ts'
import { alert, answer, createHarness, provider } from '../../support/relay-harness.ts'

const AT_LIMIT: TransportFailure = {
  ...{ kind: 'failure', cause: 'host', mayHaveArrived: false },
  detail: 'cannot connect to slack.example:443 (EMFILE)',
}

const faultOf = async (work: Promise<unknown>) => {
  const error: unknown = await work.catch((thrown: unknown) => thrown)
  return error instanceof DispatchFailure ? error.fault : error
}

describe('a relay that has too many files open', () => {
  it('counts that as no try, does not blame the destination, and sends later', async () => {
    const harness = createHarness()
    const { queue, dispatcher } = harness
    const slack = { type: 'generic', address: 'https://hook.example/' }
    await harness.configure(provider('p', slack), alert('a', 'p'))
    for (let count = 0; count < 20; count += 1) {
      await harness.sendJson({ ...fixtureJson('kustomization-finished'), message: `${count}` })
    }
    harness.answerWith(() => AT_LIMIT)
    const events = await queue.leaseEvents(100)
    for (const event of events) {
      expect(await faultOf(dispatcher.dispatchEvent(event))).toBe('host')
    }
    expect(await harness.records()).toEqual([])

    harness.answerWith(() => answer(200))
    for (const event of events) await dispatcher.dispatchEvent(event)
    const records = await harness.records()
    expect(records.map(({ outcome, tries }) => [outcome, tries])).toEqual(
      events.map(() => ['delivered', 1]),
    )
  })

  it('leaves a delivery that waits for a retry as it is', async () => {
    const harness = createHarness()
    const slack = { type: 'generic', address: 'https://hook.example/' }
    await harness.configure(provider('p', slack), alert('a', 'p'))
    harness.answerWith(() => answer(503))
    await harness.send('kustomization-finished')
    await harness.drain()
    const before = await harness.records()
    harness.clock.advance(60_000)
    harness.answerWith(() => AT_LIMIT)
    const [retry] = await harness.queue.leaseRetries(1)
    if (retry === undefined) throw new Error('there is a retry')
    expect(await faultOf(harness.dispatcher.dispatchRetry(retry))).toBe('host')
    expect(await harness.records()).toEqual(before)
  })
})
