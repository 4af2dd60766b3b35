import { describe, expect, it } from 'vitest'
import { listObjects } from '../../../../relay/api/list-objects.ts'
import type { KubernetesObject } from '../../../../relay/model/kubernetes.ts'
import { explainEvent } from '../../../../relay/pipeline/explain/explain.ts'
import { reconcile } from '../../../../relay/pipeline/reconcile.ts'
import { requestReplay } from '../../../../relay/pipeline/replay.ts'
import { compileRoutingTable } from '../../../../relay/pipeline/routing-table.ts'
import { noPause } from '../../../../relay/pipeline/slices.ts'
import { fixtureEvent } from '../../../support/notifications.ts'
import { alert, answer, createHarness, provider } from '../../../support/relay-harness.ts'
import { annotated } from './annotated.ts'

const NO_SECRETS = { read: async () => undefined }

/** A Provider of the namespace `platform`. */
function platform(annotations: Readonly<Record<string, string>> = {}, spec: object = {}) {
  const { metadata: _, ...rest } = provider('hook', {
    type: 'generic',
    address: 'https://hooks.example/platform',
    ...spec,
  })
  return annotated({ ...rest, metadata: { name: 'hook', namespace: 'platform' } }, annotations)
}

/** An Alert of `flux-system` whose spec names a Provider that is not there. */
function leading(to: string, spec: Record<string, unknown> = {}) {
  return annotated(alert('a', 'none', spec), { provider: to })
}

async function readinessOf(manifests: readonly KubernetesObject[], noCrossNamespaceRefs = false) {
  const host = { noCrossNamespaceRefs }
  const { objects } = await reconcile('local', manifests, 0, NO_SECRETS, noPause, host)
  const [first] = objects
  return first && { ready: first.ready, reason: first.reason, message: first.message }
}

describe('the rule provider', () => {
  it.each(['flux-system', 'apps, flux-system', '*'])(
    'leads to a Provider of another namespace that allows %j, and back after a failure',
    async (allowed) => {
      const harness = createHarness()
      harness.answerWith(() => answer(503))
      await harness.configure(
        leading('platform/hook'),
        platform({ 'allow-namespaces': allowed }, { secretRef: { name: 'token' } }),
      )
      // A Secret of the Provider's namespace, and of no other.
      harness.secrets.set('local/platform/token', { address: 'https://hooks.example/of-platform' })
      harness.secrets.set('local/flux-system/token', { address: 'https://hooks.example/of-flux' })
      await harness.send('kustomization-finished')
      await harness.drain()
      harness.answerWith(() => answer(200))
      await harness.drainNext()
      expect(harness.requests.map(({ url }) => url)).toEqual([
        'https://hooks.example/of-platform',
        'https://hooks.example/of-platform',
      ])
      const { records } = await harness.ports.ledger.list({ provider: 'platform/hook' }, 10)
      expect(records).toMatchObject([{ provider: { namespace: 'platform', name: 'hook' } }])
    },
  )

  it('is ready when its Provider allows it, and says why it is not', async () => {
    const rule = leading('platform/hook')
    expect(await readinessOf([rule, platform({ 'allow-namespaces': 'flux-system' })])).toEqual({
      ready: true,
      reason: 'Succeeded',
      message: 'Initialized',
    })
    expect(await readinessOf([rule])).toEqual({
      ready: false,
      reason: 'ProviderNotFound',
      message: 'metadata.annotations.flux-relay.io/provider: there is no Provider platform/hook',
    })
    for (const denying of [platform(), platform({ 'allow-namespaces': 'apps' })]) {
      expect(await readinessOf([rule, denying])).toEqual({
        ready: false,
        reason: 'AccessDenied',
        message:
          'metadata.annotations.flux-relay.io/provider: Provider platform/hook does not allow Alerts of the namespace flux-system: its metadata.annotations.flux-relay.io/allow-namespaces says which it allows',
      })
    }
    expect(await readinessOf([rule, platform({ 'allow-namespaces': '*' })], true)).toMatchObject({
      ready: false,
      reason: 'AccessDenied',
      message: expect.stringContaining('the option no-cross-namespace-refs forbids'),
    })
    const unready = platform({ 'allow-namespaces': '*' }, { secretRef: { name: 'none' } })
    expect(await readinessOf([rule, unready])).toMatchObject({
      ready: false,
      reason: 'ProviderNotReady',
    })
  })

  it.each(['hook', 'platform/', '/hook', 'platform/hook/x', 'Platform/hook', 'platform hook', ''])(
    '%j is not valid, and events wait for the mended one',
    async (text) => {
      const harness = createHarness()
      const own = { ...platform(), metadata: { name: 'none', namespace: 'flux-system' } }
      expect(await readinessOf([leading(text), own])).toEqual({
        ready: false,
        reason: 'ValidationFailed',
        message:
          'metadata.annotations.flux-relay.io/provider: expected the namespace and the name of a Provider such as platform/slack',
      })
      await harness.configure(leading(text), own)
      await harness.send('kustomization-finished')
      await harness.drain()
      expect(harness.requests).toEqual([])
      await harness.configure(leading('flux-system/none'), own)
      await harness.drainNext()
      expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
    },
  )

  it.each([
    ['is missing', []],
    ['does not allow it', [platform()]],
    ['is not valid', [platform({ 'allow-namespaces': 'flux system' })]],
  ])('waits while its Provider %s, and is sent by the mended one', async (_, before) => {
    const harness = createHarness()
    await harness.configure(leading('platform/hook'), ...before)
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await harness.records()).toMatchObject([{ outcome: 'retry' }])
    expect(harness.requests).toEqual([])
    await harness.configure(
      leading('platform/hook'),
      platform({ 'allow-namespaces': 'flux-system' }),
    )
    await harness.drainNext()
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
  })

  it('needs no permission in its own namespace, whatever the option says', async () => {
    const own = { ...platform(), metadata: { name: 'hook', namespace: 'flux-system' } }
    const harness = createHarness({ noCrossNamespaceRefs: true })
    await harness.configure(leading('flux-system/hook'), own)
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
    expect(await readinessOf([leading('flux-system/hook'), own], true)).toMatchObject({
      ready: true,
    })
  })

  it('waits where the option forbids it, and says so', async () => {
    const harness = createHarness({ noCrossNamespaceRefs: true })
    await harness.configure(leading('platform/hook'), platform({ 'allow-namespaces': '*' }))
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await harness.records()).toMatchObject([
      { outcome: 'retry', reason: expect.stringContaining('no-cross-namespace-refs forbids') },
    ])
  })

  it('is replayed by the permission of now', async () => {
    const harness = createHarness()
    await harness.configure(leading('platform/hook'), platform({ 'allow-namespaces': '*' }))
    await harness.send('kustomization-finished')
    await harness.drain()
    const [record] = (await harness.ports.ledger.list({}, 10)).records
    if (record === undefined) throw new Error('no record')
    await harness.configure(leading('platform/hook'), platform())
    await requestReplay(harness.ports, record.id)
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
    await harness.configure(leading('platform/hook'), platform({ 'allow-namespaces': '*' }))
    await harness.drainNext()
    expect(harness.requests).toHaveLength(2)
  })

  it('is what explanations and lists of objects tell', async () => {
    const harness = createHarness()
    const manifests = [leading('platform/hook'), platform()]
    await harness.configure(...manifests)
    const snapshot = await harness.ports.configs.read('local')
    if (typeof snapshot !== 'object') throw new Error('no configuration')
    const event = {
      ...{ id: '1', cluster: 'local', group: '', acceptedAt: 0, objectLabels: undefined },
      event: fixtureEvent('kustomization-finished'),
    }
    const rules = { snapshot, table: compileRoutingTable(snapshot) }
    const options = { noCrossNamespaceRefs: false }
    expect(await explainEvent(harness.ports, rules, event, options)).toMatchObject([
      {
        provider: { namespace: 'platform', name: 'hook', type: 'generic' },
        outcome: 'retry',
        rule: 'provider',
        reason: expect.stringContaining('does not allow Alerts of the namespace flux-system'),
      },
    ])
    const counts = {
      byHour: async () => [],
      byCluster: async () => [],
      byObject: async () => [],
    }
    const listed = await listObjects({ ...harness.ports, counts }, 'local', [['kind', 'Alert']])
    expect(JSON.parse(String(listed.body)).objects).toMatchObject([{ provider: 'platform/hook' }])
  })
})

describe('the rule namespaces under no-cross-namespace-refs', () => {
  const own = { ...platform(), metadata: { name: 'none', namespace: 'flux-system' } }
  const said =
    'Initialized; takes events of the namespace flux-system alone, as the option no-cross-namespace-refs has it'

  it.each([
    [annotated(alert('a', 'none'), { namespaces: '*' }), said],
    [annotated(alert('a', 'none'), { namespaces: 'flux-system,apps' }), said],
    [alert('a', 'none', { eventSources: [{ kind: 'Pod', name: '*', namespace: 'apps' }] }), said],
    [annotated(alert('a', 'none'), { namespaces: 'flux-system' }), 'Initialized'],
    [alert('a', 'none'), 'Initialized'],
  ])('is told of %#', async (rule, message) => {
    expect(await readinessOf([rule, own], true)).toMatchObject({ ready: true, message })
    expect(await readinessOf([rule, own])).toMatchObject({ ready: true, message: 'Initialized' })
  })
})
