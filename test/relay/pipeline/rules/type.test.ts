import { describe, expect, it } from 'vitest'
import { reconcile } from '../../../../relay/pipeline/reconcile.ts'
import { alert, createHarness, provider } from '../../../support/relay-harness.ts'
import { annotated } from './annotated.ts'

const ADDRESS = 'https://hooks.example.com/flux'
const NO_SECRETS = { read: async () => undefined }

function typed(type: string, spec: Readonly<Record<string, unknown>> = {}) {
  return annotated(provider('p', { type: 'generic', address: ADDRESS, ...spec }), { type })
}

async function readinessOf(type: string) {
  const { objects } = await reconcile('local', [typed(type), alert('a', 'p')], 0, NO_SECRETS)
  return objects.map(({ kind, ready, message }) => ({ kind, ready, message }))
}

describe('the rule type', () => {
  it('says what the Provider is, whatever spec.type says', async () => {
    const harness = createHarness()
    await harness.configure(typed('rocket'), alert('a', 'p'))
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await harness.records()).toMatchObject([
      { outcome: 'delivered', provider: { name: 'p', type: 'rocket' } },
    ])
    expect(JSON.parse(String(harness.requests[0]?.body))).toHaveProperty('attachments')
  })

  it('decides which events the Provider takes', async () => {
    const harness = createHarness()
    await harness.configure(typed('giteapullrequestcomment'), alert('a', 'p'))
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await harness.records()).toMatchObject([
      { outcome: 'skipped', reason: expect.stringContaining('change_request') },
    ])
  })

  it('counts for what a title can be for', async () => {
    const withTitle = annotated(provider('p', { type: 'generic', address: ADDRESS }), {
      type: 'rocket',
      title: 'x',
    })
    const { objects } = await reconcile('local', [withTitle], 0, NO_SECRETS)
    expect(objects).toMatchObject([{ ready: true }])
  })

  it('is seen by expressions as the type of the Provider', async () => {
    const harness = createHarness()
    await harness.configure(
      typed('rocket'),
      annotated(alert('a', 'p'), { when: "provider.spec.type == 'rocket'" }),
    )
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
  })

  it.each([
    ['rockte', 'there is no type rockte; did you mean rocket?'],
    ['Rocket', 'there is no type Rocket; did you mean rocket?'],
    ['carrier-pigeon', 'there is no type carrier-pigeon'],
    ['', 'expected a type of Providers such as sqs'],
  ])('of %j makes the objects not ready', async (type, message) => {
    const problem = `metadata.annotations.flux-relay.io/type: ${message}`
    expect(await readinessOf(type)).toEqual([
      { kind: 'Alert', ready: false, message: `Provider flux-system/p is not ready: ${problem}` },
      { kind: 'Provider', ready: false, message: problem },
    ])
  })

  it('that is wrong holds deliveries back until it is mended', async () => {
    const harness = createHarness()
    await harness.configure(typed('rockte'), alert('a', 'p'))
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await harness.records()).toMatchObject([
      { outcome: 'retry', reason: expect.stringContaining('did you mean rocket?') },
    ])
    await harness.configure(typed('rocket'), alert('a', 'p'))
    await harness.clock.advance(60_000)
    await harness.drain()
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
  })

  it('goes on no Alert', async () => {
    const { objects } = await reconcile(
      'local',
      [typed('rocket'), annotated(alert('a', 'p'), { type: 'rocket' })],
      0,
      NO_SECRETS,
    )
    expect(objects[0]?.message).toBe(
      'metadata.annotations.flux-relay.io/type: has no effect on this kind, Alert; it goes on Provider',
    )
  })
})
