import { expect, it } from 'vitest'
import type { RetryMessage } from '../../../relay/model/queue-messages.ts'
import { requestReplay } from '../../../relay/pipeline/replay.ts'
import { alert, answer, createHarness, provider } from '../../support/relay-harness.ts'

/**
 * A queue apart from the ledger, as on AWS: what it is given before the crash is all that is left of a replay. On one
 * machine the record itself is the retry.
 */
it('a replay whose message was lost in a crash is queued a minute later by the one before it', async () => {
  const harness = createHarness()
  const { ports, clock, dispatcher } = harness
  await harness.configure(
    provider('hook', { type: 'generic', address: 'https://hook.test/' }),
    alert('all', 'hook'),
  )
  harness.answerWith(() => answer(410))
  await harness.send('kustomization-finished')
  await harness.drain()
  const [{ id } = { id: '' }] = await harness.records()
  const sent: RetryMessage[] = []
  const crash = new Error('killed')
  ports.queue.sendRetries = async (messages) => {
    const [stored] = await ports.ledger.readMany([id])
    if (stored?.value.status.kind !== 'final') throw crash
    sent.push(...messages)
  }
  await expect(requestReplay(ports, id)).rejects.toBe(crash)
  expect(sent).toEqual([expect.objectContaining({ attempt: 1, dueAt: clock.now() + 60_000 })])

  const again: RetryMessage[] = []
  ports.queue.resendRetries = async (messages) => void again.push(...messages)
  for (const message of sent) await dispatcher.dispatchRetry(message)
  expect(again).toMatchObject([{ deliveryId: id, attempt: 2 }])
  harness.answerWith(() => answer(200))
  for (const message of again) await dispatcher.dispatchRetry(message)
  expect(await harness.records()).toMatchObject([{ outcome: 'delivered', tries: 2 }])
  // After a replay that went well it is one of an earlier try, and nothing follows from it.
  for (const message of sent) await dispatcher.dispatchRetry(message)
  expect(again).toHaveLength(1)
  expect(harness.requests).toHaveLength(2)
})
