import { expect, it, onTestFinished, vi } from 'vitest'
import { isHttpProvider, NotificationError } from '../../../relay/providers/contract.ts'
import { providerTypes } from '../../../relay/providers/registry.ts'
import { alert, CLUSTER, createHarness, githubPair, provider } from '../../support/relay-harness.ts'

type Failure = (this: void) => never

/** A delivery by GitHub, whose authorization fails. */
async function withAuthorization(fails: Failure) {
  const type = providerTypes.get('github')
  if (!type || !isHttpProvider(type)) throw new Error('github is no HTTP type')
  const spy = vi.spyOn(type, 'authorize').mockImplementation(fails)
  onTestFinished(() => spy.mockRestore())
  const harness = createHarness()
  harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'canary' })
  await harness.configure(...githubPair())
  await harness.send('kustomization-applied')
  return harness
}

it('a bug in an authorization ends the delivery, and shows no secret', async () => {
  const harness = await withAuthorization(() => {
    throw new TypeError('no canary')
  })
  await harness.drain()
  const reason = 'the type github could not deliver this event, which is a bug: TypeError: no ***'
  expect(await harness.records()).toMatchObject([{ outcome: 'dead', reason }])
  expect(await harness.queue.depth()).toEqual({ events: 0, retries: 0 })
})

it('an authorization may say that a notification cannot be expressed', async () => {
  const harness = await withAuthorization(() => {
    throw new NotificationError('nobody may say this')
  })
  await harness.drain()
  expect(await harness.records()).toMatchObject([
    { outcome: 'dead', reason: 'nobody may say this' },
  ])
})

it('a bug in a protocol of its own ends the delivery', async () => {
  const type = providerTypes.get('nats')
  if (!type || isHttpProvider(type)) throw new Error('nats is an HTTP type')
  const spy = vi.spyOn(type, 'deliver').mockRejectedValue(new RangeError('too far'))
  onTestFinished(() => spy.mockRestore())
  const harness = createHarness()
  const nats = provider('nats', { type: 'nats', address: 'nats://127.0.0.1:1', channel: 'flux' })
  await harness.configure(alert('all', 'nats'), nats)
  await harness.send('kustomization-health-check-failed')
  await harness.drain()
  expect(await harness.records()).toMatchObject([
    {
      outcome: 'dead',
      reason: expect.stringMatching(/^the type nats .* a bug: RangeError: too far$/),
    },
  ])
})

it('what the host cannot do is no bug of a type: the message stays', async () => {
  const identities = {
    bindings: () => Promise.reject(new Error('the table is away')),
    token: () => Promise.reject(new Error('not asked')),
    awsCredentials: () => Promise.reject(new Error('not asked')),
  }
  const harness = createHarness({}, { identities })
  const pubsub = provider('pubsub', { type: 'googlepubsub', address: 'fleet-42', channel: 'flux' })
  await harness.configure(alert('all', 'pubsub'), pubsub)
  await harness.send('kustomization-health-check-failed')
  await expect(harness.drain()).rejects.toThrow('the table is away')
  expect((await harness.queue.depth()).events).toBe(1)
})
