import { expect, it } from 'vitest'
import { listObjects } from '../../../relay/api/list-objects.ts'
import { type OverviewPorts, showOverview } from '../../../relay/api/overview.ts'
import { ObjectList } from '../../../relay/api/schemas/objects.ts'
import { Overview } from '../../../relay/api/schemas/overview.ts'
import type { ConfigSnapshot } from '../../../relay/model/config.ts'
import { derivedUid } from '../../../relay/model/hash.ts'
import { HOUR_MS, hourOf } from '../../../relay/model/outcome-count.ts'
import type { FailingDestination } from '../../../relay/pipeline/destinations/destinations.ts'
import { outcomeCount } from '../../contract/outcome-counts-contract.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { START } from '../../support/manual-clock.ts'
import { MemoryOutcomeCounts } from '../../support/memory-outcome-counts.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

const READY = { ready: true, reason: 'Succeeded', message: '' }
const NOT_READY = { ready: false, reason: 'ProviderNotFound', message: 'no Provider chat' }

function object(kind: string, name: string, spec: object = {}, uid?: string) {
  return { kind, metadata: { namespace: 'apps', name, ...(uid && { uid }) }, spec }
}

function snapshot(changes: Partial<ConfigSnapshot> = {}): ConfigSnapshot {
  return {
    ...{ cluster: 'prod', revision: 'r1', takenAt: START, manifests: [], objects: [] },
    ...changes,
  }
}

function setUp(changes: Partial<OverviewPorts> = {}) {
  const { configs, ledger, clock } = memoryPorts()
  const counts = new MemoryOutcomeCounts()
  const ports = {
    ...{ configs, ledger, clock, counts },
    clusters: { list: async () => [] },
    destinations: { failing: () => [] },
    waiting: { countWaiting: async () => 0 },
    ...changes,
  }
  const overview = async () => {
    const { status, body } = await showOverview(ports)
    expect(status).toBe(200)
    return Overview.parse(JSON.parse(body))
  }
  return { configs, ledger, clock, counts, ports, overview }
}

it('has 24 hours, and nothing else, for a relay that knows nothing', async () => {
  const { hours, ...rest } = await setUp().overview()
  expect(hours).toHaveLength(24)
  expect(hours.at(-1)).toEqual({ from: '2026-11-20T09:00:00.000Z', outcomes: {} })
  expect(hours[0]?.from).toBe('2026-11-19T10:00:00.000Z')
  expect(rest).toEqual({
    ...{ clusters: [], failing: [], failingCount: 0, notReady: [], notReadyCount: 0, dead: [] },
  })
})

it('sums up outcomes by the hour and by cluster, those of yesterday left out', async () => {
  const { counts, overview } = setUp({
    clusters: {
      list: async () => [
        { cluster: 'staging', notReady: 0 },
        { cluster: 'prod', lastEventAt: START, heardAt: START - HOUR_MS, tokens: 2 },
      ],
    },
  })
  const hour = hourOf(START)
  await counts.add([
    outcomeCount({ count: 3 }),
    outcomeCount({ outcome: 'dead', hour: hour - HOUR_MS }),
    outcomeCount({ cluster: 'staging', count: 4 }),
    outcomeCount({ hour: hour - 24 * HOUR_MS, count: 100 }),
  ])
  const { hours, clusters } = await overview()
  expect(hours.at(-1)?.outcomes).toEqual({ delivered: 7 })
  expect(hours.at(-2)?.outcomes).toEqual({ dead: 1 })
  expect(clusters).toEqual([
    {
      name: 'prod',
      lastEventAt: '2026-11-20T09:14:03.000Z',
      silentSince: '2026-11-20T08:14:03.000Z',
      tokens: 2,
      outcomes: { delivered: 3, dead: 1 },
    },
    { name: 'staging', objectsNotReady: 0, outcomes: { delivered: 4 } },
  ])
})

it('names the Providers of destinations that fail, those with the most waiting first', async () => {
  const failing = (providerUid: string, rest: Partial<FailingDestination> = {}) => ({
    ...{ key: `prod#${providerUid}#h`, cluster: 'prod', providerUid, host: 'h', failures: 1 },
    ...rest,
  })
  const { configs, overview } = setUp({
    destinations: {
      failing: () => [
        failing('uid-1'),
        failing('uid-gone'),
        failing(derivedUid('prod', 'Provider', 'apps', 'chat'), {
          ...{ failures: 3, error: '503: busy', probeAt: START + 5_000 },
        }),
      ],
    },
    waiting: { countWaiting: async (key) => (key.includes('uid') ? 0 : 12) },
  })
  const manifests = [
    object('Alert', 'on-call', {}, 'uid-1'),
    object('Provider', 'chat'),
    object('Provider', 'pager', {}, 'uid-1'),
  ]
  await configs.replace(snapshot({ manifests }))
  const { failing: shown, failingCount } = await overview()
  const of = { cluster: 'prod', host: 'h', failures: 1, waiting: 0 }
  expect(failingCount).toBe(3)
  expect(shown).toEqual([
    {
      ...{ ...of, provider: 'apps/chat', failures: 3, waiting: 12 },
      ...{ error: '503: busy', probeAt: '2026-11-20T09:14:08.000Z' },
    },
    { ...of, provider: 'apps/pager' },
    of,
  ])
})

it('names a Provider of the fleet by the UID that it has for the cluster', async () => {
  const uid = derivedUid('prod', 'Provider', '_fleet', 'slack')
  const destination = { key: 'k', cluster: 'prod', providerUid: uid, host: 'h', failures: 1 }
  const { configs, overview } = setUp({ destinations: { failing: () => [destination] } })
  await configs.replace(snapshot({ manifests: [] }))
  const shared = { kind: 'Provider', metadata: { name: 'slack' } }
  await configs.replace({ ...snapshot({ manifests: [shared] }), cluster: '_fleet' })
  expect((await overview()).failing).toMatchObject([{ provider: '_fleet/slack' }])
})

it('shows a part of many that fail or are not ready, and says how many there are', async () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => index)
  const { configs, overview } = setUp({
    destinations: {
      failing: () =>
        many(300).map((index) => ({
          ...{ key: `prod#${index}#h`, cluster: 'prod', providerUid: `${index}`, host: 'h' },
          failures: index,
        })),
    },
    waiting: { countWaiting: async (key) => Number(key.split('#')[1]) },
    clusters: {
      list: async () => [
        { cluster: 'prod', notReady: 15 },
        { cluster: 'staging', notReady: 15 },
        { cluster: 'fine', notReady: 0 },
      ],
    },
  })
  const objects = many(16).map((index) => ({
    ...{ kind: 'Alert', namespace: 'apps', name: `a-${index}` },
    ...(index === 0 ? READY : NOT_READY),
  }))
  await configs.replace(snapshot({ objects }))
  await configs.replace(snapshot({ cluster: 'staging', objects }))
  const { failing, failingCount, notReady, notReadyCount } = await overview()
  expect([failing.length, failingCount, notReady.length, notReadyCount]).toEqual([20, 300, 20, 30])
  expect(failing[0]?.waiting).toBe(299)
  expect(notReady[0]).toEqual({
    ...{ cluster: 'prod', kind: 'Alert', namespace: 'apps', name: 'a-1' },
    ...{ reason: NOT_READY.reason, message: NOT_READY.message },
  })
  expect(new Set(notReady.map(({ cluster }) => cluster))).toEqual(new Set(['prod', 'staging']))
})

it('shows the five newest dead', async () => {
  const { ledger, overview } = setUp()
  for (let index = 0; index < 7; index += 1) {
    ledger.put(deliveryRecord({ id: `dead-${index}`, outcome: 'dead', acceptedAt: START + index }))
  }
  ledger.put(deliveryRecord({ id: 'fine', acceptedAt: START + 100 }))
  const { dead } = await overview()
  expect(dead.map(({ id }) => id)).toEqual(['dead-6', 'dead-5', 'dead-4', 'dead-3', 'dead-2'])
})

it('shows the five newest dead of a ledger whose pages are short', async () => {
  const { ledger } = memoryPorts()
  for (let index = 0; index < 7; index += 1) {
    ledger.put(deliveryRecord({ id: `dead-${index}`, outcome: 'dead', acceptedAt: START + index }))
  }
  const short: OverviewPorts['ledger'] = {
    list: (filter, limit, cursor) => ledger.list(filter, Math.min(limit, 2), cursor),
  }
  const { dead } = await setUp({ ledger: short }).overview()
  expect(dead.map(({ id }) => id)).toEqual(['dead-6', 'dead-5', 'dead-4', 'dead-3', 'dead-2'])
})

it('lists Alerts and Providers with how they did, by name', async () => {
  const { configs, counts, ports } = setUp()
  await configs.replace(
    snapshot({
      manifests: [
        object('Provider', 'chat', { type: 'slack', suspend: true }),
        object('Alert', 'on-call', { providerRef: { name: 'chat' } }),
        object('Alert', 'empty', { providerRef: null, suspend: 'yes' }),
      ],
      objects: [
        { kind: 'Provider', namespace: 'apps', name: 'chat', ...READY },
        { kind: 'Alert', namespace: 'apps', name: 'on-call', ...READY },
        { kind: 'Alert', namespace: 'apps', name: 'empty', ...NOT_READY },
      ],
    }),
  )
  const longAgo = START - 72 * HOUR_MS
  const alert = { kind: 'alert', name: 'apps/on-call' } as const
  await counts.add([
    outcomeCount({ ...alert, count: 9 }),
    outcomeCount({ ...alert, outcome: 'dead', hour: hourOf(longAgo), lastAt: longAgo }),
    outcomeCount({ ...alert, cluster: 'staging', count: 100 }),
  ])
  const list = async (query = '') => {
    const { status, body } = await listObjects(ports, 'prod', new URLSearchParams(query))
    expect(status).toBe(200)
    return ObjectList.parse(JSON.parse(body)).objects
  }
  const of = { namespace: 'apps', suspended: false, outcomes: {} }
  const alerts = [
    { ...of, kind: 'Alert', name: 'empty', ...NOT_READY },
    {
      ...{ ...of, kind: 'Alert', name: 'on-call', ...READY, provider: 'apps/chat' },
      ...{ outcomes: { delivered: 9 }, lastDeliveredAt: '2026-11-20T09:14:03.000Z' },
      lastDeadAt: '2026-11-17T09:14:03.000Z',
    },
  ]
  const provider = { ...of, kind: 'Provider', name: 'chat', ...READY, type: 'slack' }
  expect(await list()).toEqual([...alerts, { ...provider, suspended: true }])
  expect(await list('kind=Alert')).toEqual(alerts)
})

it('lists the Providers of the fleet to which Alerts of the cluster lead, and no other', async () => {
  const { configs, counts, ports } = setUp()
  const { metadata, ...rest } = object('Alert', 'on-call', { providerRef: { name: 'none' } })
  const annotations = { 'flux-relay.io/provider': '_fleet/chat' }
  await configs.replace(
    snapshot({
      manifests: [{ ...rest, metadata: { ...metadata, annotations } }],
      objects: [{ kind: 'Alert', namespace: 'apps', name: 'on-call', ...READY }],
    }),
  )
  const names = ['chat', 'other']
  const place = { kind: 'Provider', namespace: '_fleet' }
  await configs.replace({
    ...snapshot({
      manifests: names.map((name) => ({
        ...{ kind: 'Provider', metadata: { name }, spec: { type: 'slack' } },
      })),
      objects: names.map((name) => ({ ...place, name, ...READY })),
    }),
    cluster: '_fleet',
  })
  await counts.add([outcomeCount({ kind: 'provider', name: '_fleet/chat', count: 3 })])
  const { body } = await listObjects(ports, 'prod', new URLSearchParams())
  expect(JSON.parse(body).objects).toMatchObject([
    { kind: 'Alert', provider: '_fleet/chat' },
    { ...place, name: 'chat', type: 'slack', outcomes: { delivered: 3 } },
  ])
})

it('lists the type that counts of a Provider', async () => {
  const { configs, ports } = setUp()
  const { metadata, ...rest } = object('Provider', 'queue', { type: 'generic' })
  const annotations = { 'flux-relay.io/type': 'sqs' }
  await configs.replace(
    snapshot({
      manifests: [{ ...rest, metadata: { ...metadata, annotations } }],
      objects: [{ kind: 'Provider', namespace: 'apps', name: 'queue', ...READY }],
    }),
  )
  const { body } = await listObjects(ports, 'prod', new URLSearchParams())
  expect(JSON.parse(body).objects).toMatchObject([{ name: 'queue', type: 'sqs' }])
})

it('refuses to list what is not there, and what it does not know', async () => {
  const { ports } = setUp()
  const ask = async (query: string) => {
    const { status, body } = await listObjects(ports, 'prod', new URLSearchParams(query))
    return { status, ...JSON.parse(body) }
  }
  expect(await ask('')).toMatchObject({ status: 404, type: 'no-config' })
  expect(await ask('kind=Secret')).toMatchObject({ status: 400, type: 'bad-parameter' })
  expect(await ask('sort=name')).toMatchObject({ status: 400, type: 'bad-parameter' })
})
