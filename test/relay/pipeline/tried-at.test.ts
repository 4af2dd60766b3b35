import { expect, it } from 'vitest'
import { alert, answer, CLUSTER, createHarness, provider } from '../../support/relay-harness.ts'

it('each try says when it is made, and what it tells of stays the same', async () => {
  const harness = createHarness()
  harness.secrets.set(`${CLUSTER}/flux-system/s`, { address: 'https://key@sentry.test/42' })
  await harness.configure(
    provider('p', { type: 'sentry', secretRef: { name: 's' } }),
    alert('a', 'p'),
  )
  harness.answerWith(() => answer(503))
  await harness.send('kustomization-health-check-failed')
  const triedAt = [harness.clock.now()]
  await harness.drain()
  for (let round = 0; round < 3; round += 1) {
    await harness.drainNext()
    triedAt.push(harness.clock.now())
  }
  const envelopes = harness.requests.map(({ body }) => String(body).split('\n'))
  const sentAt = envelopes.map(([header = '{}']) => Date.parse(JSON.parse(header).sent_at))
  expect(sentAt).toEqual(triedAt)
  expect(new Set(triedAt).size).toBe(4)
  expect(new Set(envelopes.map(([, item, payload]) => `${item}${payload}`)).size).toBe(1)
})
