import { expect, it } from 'vitest'
import type { HttpResponse } from '../../../../relay/ports/http.ts'
import { fixtureJson } from '../../../support/notifications.ts'
import { alert, answer, createHarness, provider } from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'

const SLACK = { type: 'slack', address: 'https://hooks.slack.com/services/x' }
const RULE = { 'group-by': "'all'", 'group-wait': '30s' }
const HANGS_FOR_S = 50
const OTHERS = 3

it('those that a message tells of look ever less often while its service hangs', async () => {
  const harness = createHarness()
  const { clock, queue, dispatcher, decisions } = harness
  await harness.configure(provider('p', SLACK), annotated(alert('a', 'p'), RULE))
  const event = fixtureJson('kustomization-finished')
  for (let number = 0; number <= OTHERS; number += 1) {
    const involvedObject = { ...Object(event.involvedObject), name: `app-${number}` }
    await harness.sendJson({ ...event, involvedObject })
  }
  await harness.drain()
  const hanging = Promise.withResolvers<HttpResponse>()
  harness.answerWith(() => hanging.promise)

  clock.advance(30_000)
  const [leader] = await queue.leaseRetries(10)
  if (!leader) throw new Error('no message is due')
  const sending = dispatcher.dispatchRetry(leader)
  const before = decisions.length
  for (let seconds = 0; seconds < HANGS_FOR_S; seconds += 1) {
    clock.advance(1_000)
    for (const other of await queue.leaseRetries(10)) {
      await dispatcher.dispatchRetry(other)
      await queue.acknowledgeRetry(other)
    }
  }
  // After 1, 2, 4, 8, 16 and 32 seconds.
  expect(decisions.length - before).toBe(OTHERS * 6)

  hanging.resolve(answer(200) as HttpResponse)
  await sending
  await queue.acknowledgeRetry(leader)
  while (await harness.drainNext());
  const records = await harness.records()
  expect(records.map(({ outcome }) => outcome)).toEqual(Array(OTHERS + 1).fill('delivered'))
  expect(harness.requests).toHaveLength(1)
})
