import { describe, expect, it } from 'vitest'
import { reconcile } from '../../../relay/pipeline/reconcile.ts'
import { InvalidSecret } from '../../../relay/ports/secret-store.ts'
import { alert, createHarness, provider } from '../../support/relay-harness.ts'
import { secretsFound } from '../../support/secret-store.ts'

const REASON = 'relay/secrets/local/flux-system/bad is not a JSON object of strings'

const secrets = secretsFound((_, name) => {
  if (name === 'bad') throw new InvalidSecret(REASON)
  return {}
})

const MANIFESTS = [
  provider('a', { type: 'generic', address: 'https://a.test', secretRef: { name: 'bad' } }),
  provider('b', { type: 'generic', address: 'https://b.test' }),
  alert('one', 'a'),
  alert('two', 'b'),
]

describe('a Secret that has not the form of one', () => {
  it('ends the deliveries that need it, and no others', async () => {
    const harness = createHarness({}, { secrets })
    await harness.configure(...MANIFESTS)
    await harness.send('kustomization-applied')
    await harness.drain()
    const records = await harness.records()
    expect(records.map(({ alert, outcome }) => [alert?.name, outcome]).sort()).toEqual([
      ['one', 'dead'],
      ['two', 'delivered'],
    ])
    expect(records.find(({ outcome }) => outcome === 'dead')?.reason).toContain(REASON)
  })

  it('makes its Provider unready, and the configuration is taken', async () => {
    const { objects } = await reconcile('local', MANIFESTS, 0, secrets)
    const unready = objects.find(({ kind, name }) => kind === 'Provider' && name === 'a')
    expect(unready).toMatchObject({ ready: false, reason: 'ValidationFailed' })
    expect(unready?.message).toContain(REASON)
    expect(objects.find(({ name }) => name === 'b')?.ready).toBe(true)
  })

  it('is not any other failure of the store, which puts the work back', async () => {
    const failing = { read: () => Promise.reject(new Error('throttled')) }
    await expect(reconcile('local', MANIFESTS, 0, failing)).rejects.toThrow('throttled')
  })
})
