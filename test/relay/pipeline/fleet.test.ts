import { describe, expect, it } from 'vitest'
import { FLEET } from '../../../relay/model/fleet.ts'
import type { KubernetesObject } from '../../../relay/model/kubernetes.ts'
import { newProviderTest } from '../../../relay/pipeline/provider-sample.ts'
import { reconcile, reconcileFleet } from '../../../relay/pipeline/reconcile.ts'
import {
  compileRoutingTable,
  type FleetSet,
  fleetProviders,
} from '../../../relay/pipeline/routing-table.ts'
import { noPause } from '../../../relay/pipeline/slices.ts'
import {
  alert,
  answer,
  createHarness,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'
import { annotated } from './rules/annotated.ts'

const NO_SECRETS = { read: async () => undefined }

/** A Provider of the fleet that allows all clusters, unless `annotations` say something else. */
function shared(
  spec: Readonly<Record<string, unknown>> = {},
  annotations: Readonly<Record<string, string>> = { 'allow-clusters': '*' },
) {
  const { metadata: _, ...rest } = provider('hook', { type: 'generic', ...spec })
  return annotated({ ...rest, metadata: { name: 'hook' } }, annotations)
}

const HOOK = { address: 'https://hooks.example/fleet' }

function leading(name = 'hook') {
  return annotated(alert('a', 'none'), { provider: `_fleet/${name}` })
}

async function putFleet(harness: Harness, ...manifests: readonly KubernetesObject[]) {
  const { clock, secrets, configs } = harness.ports
  await configs.replace(await reconcileFleet(manifests, clock.now(), secrets))
}

async function readinessOf(manifests: readonly KubernetesObject[], fleet?: FleetSet) {
  const set = fleet && (await reconcileFleet(fleet.manifests, 0, NO_SECRETS))
  const surroundings = { fleet: async () => set }
  const { objects } = await reconcile('local', manifests, 0, NO_SECRETS, noPause, surroundings)
  const [first] = objects
  return first && { ready: first.ready, reason: first.reason, message: first.message }
}

describe('a Provider of the fleet', () => {
  it('sends for an Alert of a cluster, with the Secret of the fleet and no other', async () => {
    const harness = createHarness()
    await putFleet(harness, shared({ secretRef: { name: 'hook' } }))
    await harness.configure(leading())
    harness.secrets.set('_fleet/fleet/hook', { address: 'https://hooks.example/of-fleet' })
    for (const own of ['local/_fleet/hook', 'local/fleet/hook', 'local/flux-system/hook']) {
      harness.secrets.set(own, { address: 'https://hooks.example/of-cluster' })
    }
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(harness.requests.map(({ url }) => url)).toEqual(['https://hooks.example/of-fleet'])
    const { records } = await harness.ports.ledger.list({ provider: '_fleet/hook' }, 10)
    expect(records).toMatchObject([
      { cluster: 'local', provider: { namespace: FLEET, name: 'hook', type: 'generic' } },
    ])
  })

  it('is used with a Secret that was rotated by the next try of what waits', async () => {
    const harness = createHarness()
    await putFleet(harness, shared({ secretRef: { name: 'hook' } }))
    await harness.configure(leading())
    harness.secrets.set('_fleet/fleet/hook', { address: 'https://hooks.example/old' })
    harness.answerWith(() => answer(503))
    await harness.send('kustomization-finished')
    await harness.drain()
    harness.secrets.set('_fleet/fleet/hook', { address: 'https://hooks.example/new' })
    harness.answerWith(() => answer(200))
    await harness.drainNext()
    expect(harness.requests.map(({ url }) => url)).toEqual([
      'https://hooks.example/old',
      'https://hooks.example/new',
    ])
  })

  it.each([
    ['is missing', undefined, 'does not exist or is not valid'],
    [
      'allows other clusters',
      shared(HOOK, { 'allow-clusters': 'prod,stage' }),
      'not allow the cluster local',
    ],
    ['allows none', shared(HOOK, {}), 'does not allow the cluster local'],
    ['lacks its Secret', shared({ secretRef: { name: 'no' } }), 'Secret _fleet/no is not known'],
    [
      'has a rule that is not valid',
      shared(HOOK, { 'allow-clusters': 'a b' }),
      'not allow the cluster',
    ],
  ])('that %s keeps deliveries waiting, until the fleet is mended', async (_, before, said) => {
    const harness = createHarness()
    if (before) await putFleet(harness, before)
    await harness.configure(leading())
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await harness.records()).toMatchObject([
      { outcome: 'retry', reason: expect.stringContaining(said) },
    ])
    // The cluster's own set stays as it is.
    harness.clock.advance(1)
    await putFleet(harness, shared(HOOK, { 'allow-clusters': 'prod, local' }))
    await harness.drainNext()
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
    harness.clock.advance(1)
    await putFleet(harness)
    await harness.send('helmrelease-upgrade-failed', {
      involvedObject: { kind: 'Kustomization', name: 'b', namespace: 'flux-system' },
    })
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
  })

  it('is not ready, or not for this cluster, and the Alert says so', async () => {
    const ready = { ready: true, reason: 'Succeeded', message: 'Initialized' }
    expect(await readinessOf([leading()], { manifests: [shared(HOOK)] })).toEqual(ready)
    const place = 'metadata.annotations.flux-relay.io/provider'
    expect(await readinessOf([leading()])).toEqual({
      ready: false,
      reason: 'ProviderNotFound',
      message: `${place}: there is no Provider _fleet/hook`,
    })
    const denying = { manifests: [shared(HOOK, { 'allow-clusters': 'prod' })] }
    expect(await readinessOf([leading()], denying)).toEqual({
      ready: false,
      reason: 'AccessDenied',
      message: `${place}: Provider _fleet/hook does not allow the cluster local: its metadata.annotations.flux-relay.io/allow-clusters says which it allows`,
    })
    const lacking = { manifests: [shared({ secretRef: { name: 'no' } })] }
    expect(await readinessOf([leading()], lacking)).toMatchObject({
      reason: 'ProviderNotReady',
      message: expect.stringContaining('Provider _fleet/hook is not ready: Secret _fleet/no'),
    })
  })

  it('is not among the objects of the cluster', async () => {
    const set = await reconcileFleet([shared(HOOK)], 0, NO_SECRETS)
    const { objects } = await reconcile('local', [leading()], 0, NO_SECRETS, noPause, {
      fleet: async () => set,
    })
    expect(objects.map(({ kind }) => kind)).toEqual(['Alert'])
    expect(set.objects).toMatchObject([{ namespace: FLEET, name: 'hook', ready: true }])
  })

  it('is allowed though no-cross-namespace-refs forbids other namespaces', async () => {
    const harness = createHarness({ noCrossNamespaceRefs: true })
    await putFleet(harness, shared(HOOK))
    await harness.configure(leading())
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
  })

  it.each([
    ['when', "event.severity == 'error'"],
    ['only', 'failures'],
  ])('has a rule %s of its own', async (rule, text) => {
    const harness = createHarness()
    const rules = { 'allow-clusters': '*', [rule]: text }
    const chat = { type: 'slack', address: 'https://hooks.slack.com/services/x' }
    await putFleet(harness, shared(chat, rules))
    await harness.configure(leading())
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await harness.records()).toMatchObject([{ outcome: 'skipped' }])
  })

  it('has a UID for each cluster, so that no two share a commit status', () => {
    const set = { manifests: [shared(HOOK)] }
    const uids = ['a', 'b', 'a'].map(
      (cluster) => fleetProviders(cluster, set).get('_fleet/hook')?.provider.metadata.uid,
    )
    expect(new Set(uids).size).toBe(2)
    expect(uids[0]).toBe(uids[2])
    const own = { ...shared(HOOK), metadata: { name: 'hook', uid: 'theirs' } }
    const [compiled] = fleetProviders('a', { manifests: [own] }).values()
    expect(compiled?.provider.metadata.uid).toBe(uids[0])
  })

  it('is tested before any Alert leads there, and never for a cluster that it does not allow', async () => {
    const harness = createHarness()
    await putFleet(harness, shared(HOOK))
    await harness.configure(provider('own', { type: 'generic', ...HOOK }))
    const fleet = { manifests: [shared(HOOK)] }
    const found = fleetProviders('local', fleet).get('_fleet/hook')
    if (!found) throw new Error('no Provider')
    const tested = { cluster: 'local', provider: found.provider, id: '1', now: 0 }
    const record = newProviderTest(tested, { severity: 'info' }, {})
    expect(await harness.dispatcher.dispatchTest(record)).toMatchObject({
      status: { kind: 'final', outcome: 'delivered' },
    })
    harness.clock.advance(1)
    await putFleet(harness, shared(HOOK, { 'allow-clusters': 'prod' }))
    const other = newProviderTest({ ...tested, id: '2' }, { severity: 'info' }, {})
    expect(await harness.dispatcher.dispatchTest(other)).toMatchObject({
      status: { outcome: 'dead', reason: expect.stringContaining('does not allow the cluster') },
    })
    expect(harness.requests).toHaveLength(1)
  })

  it('is not read for a cluster that does not use it', async () => {
    const asked: string[] = []
    const harness = createHarness()
    const { configs } = harness.ports
    const watched = createHarness(
      {},
      {
        configs: {
          read: (cluster, revision) => {
            asked.push(cluster)
            return configs.read(cluster, revision)
          },
          replace: (snapshot) => configs.replace(snapshot),
        },
      },
    )
    await watched.configure(alert('a', 'own'), provider('own', { type: 'generic', ...HOOK }))
    await watched.send('kustomization-finished')
    await watched.drain()
    expect(await watched.records()).toMatchObject([{ outcome: 'delivered' }])
    expect(asked).not.toContain(FLEET)
  })
})

describe('a set of a cluster', () => {
  it.each([provider('p', { type: 'generic', secretRef: { name: 'hook' } }), alert('p', 'hook')])(
    'has no object in the place of the fleet',
    async (object) => {
      const inFleet = { ...object, metadata: { name: 'p', namespace: FLEET } }
      expect(await readinessOf([inFleet])).toEqual({
        ready: false,
        reason: 'ValidationFailed',
        message: "metadata.namespace: _fleet is the relay's own, and no namespace",
      })
      const table = compileRoutingTable({
        ...{ cluster: 'local', revision: '1', takenAt: 0, objects: [] },
        manifests: [inFleet],
      })
      expect([table.providers.size, table.alertsByUid.size]).toEqual([0, 0])
    },
  )

  it('has no Provider that allows clusters, and the fleet none that allows namespaces', async () => {
    const own = annotated(provider('p', { type: 'generic', ...HOOK }), { 'allow-clusters': '*' })
    expect(await readinessOf([own])).toMatchObject({
      ready: false,
      message: expect.stringContaining('goes on the Providers of the fleet alone'),
    })
    const { objects } = await reconcileFleet(
      [
        shared(HOOK, { 'allow-namespaces': '*' }),
        { ...shared(HOOK), metadata: { name: 'q', namespace: 'flux-system' } },
      ],
      0,
      NO_SECRETS,
    )
    expect(objects).toMatchObject([
      {
        ready: false,
        message: expect.stringContaining('on one of the fleet it is allow-clusters'),
      },
      {
        ready: false,
        message: expect.stringContaining('a Provider of the fleet has no namespace'),
      },
    ])
  })
})
