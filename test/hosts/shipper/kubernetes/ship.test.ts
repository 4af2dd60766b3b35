import { afterEach, describe, expect, it, vi } from 'vitest'
import manifest from '../../../../package.json' with { type: 'json' }
import {
  type ClusterOptions,
  startCluster,
  type TestCluster,
} from '../../../support/kubernetes/cluster.ts'
import { notificationKinds } from '../../../support/kubernetes/definitions.ts'
import { eventManifest } from '../../../support/kubernetes/event-manifests.ts'
import { startShipperHereIn, startShipperIn } from '../../../support/kubernetes/shipper.ts'
import { hasKubectl } from '../../../support/kustomize.ts'
import { alertObject, providerObject } from '../../../support/notification-objects.ts'
import { jsonBodies, startSink } from '../../../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder } from '../../../support/relay-manifests.ts'
import { startRelay } from '../../../support/relay-process.ts'
import { startSecretsManager } from '../../../support/secrets-manager.ts'
import { eventually } from '../../../support/served.ts'
import { tokensFlags } from '../../../support/shipped-events.ts'
import { shipperAccessProblems, shipperRules } from '../../../support/shipper-access.ts'
import type { ShipperArguments } from '../../../support/shipper-process.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const ALERT = { apiVersion: 'notification.toolkit.fluxcd.io/v1beta3', kind: 'Alert' }

it('brings what is applied to a cluster, and what its controllers report, to a sink', async () => {
  const { cluster, sink, relay, shipper } = await startAll(
    { flags: ['--watch-events', 'Kustomization'] },
    startShipperIn,
  )
  await cluster.apply(providerObject('slack', { address: `${sink.url}/hook` }))
  await cluster.apply(alertObject('on-call-webapp'))
  await eventually(async () => {
    expect(await readyOf(cluster, 'on-call-webapp')).toBe('True Succeeded Initialized')
  })

  // The controller does both, and either may come first.
  for (const index of [0, 1]) {
    const message = `applied revision ${index}`
    const post = () => shipper.post(kustomizationEvent('podinfo', 'abc', message))
    const { involvedObject: object } = kustomizationEvent('podinfo', '')
    const write = () =>
      cluster.apply(eventManifest(`podinfo.${index}`, { object, message, at: Date.now() }))
    for (const act of index === 0 ? [post, write] : [write, post]) await act()
  }
  await eventually(async () => expect(await shipper.metric('known_total')).toBe(2))
  await eventually(() => expect(sink.requests).toHaveLength(2))
  expect(await shipper.metric('spooled_total')).toBe(2)
  expect(jsonBodies(sink).map((body) => (body as { message: string }).message)).toEqual([
    'applied revision 0',
    'applied revision 1',
  ])
  const answer = await fetch(`${relay.url}/v1/clusters`, {
    headers: { authorization: 'Bearer operator-token' },
  })
  const { clusters } = (await answer.json()) as { clusters: readonly unknown[] }
  const time = expect.stringMatching(/^\d{4}-.*Z$/)
  const shipped = { lastEventAt: time, lastConfigurationAt: time, shipperVersion: manifest.version }
  expect(clusters).toContainEqual(expect.objectContaining({ name: 'prod', ...shipped }))
})

it('sends the labels of an object along that Alerts select by', async () => {
  const { cluster, sink, shipper } = await startAllHere()
  const object = (name: string, team: string) => ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { namespace: 'flux-system', name, labels: { team } },
  })
  await cluster.apply(object('ours', 'a'))
  await cluster.apply(object('theirs', 'b'))
  await cluster.apply(providerObject('slack', { address: `${sink.url}/hook` }))
  const source = { kind: 'Kustomization', name: '*', matchLabels: { team: 'a' } }
  await cluster.apply(alertObject('team-a', { eventSources: [source] }))
  await eventually(async () => {
    expect(await readyOf(cluster, 'team-a')).toBe('True Succeeded Initialized')
  })
  for (const name of ['theirs', 'ours']) await shipper.post(kustomizationEvent(name, 'abc'))
  await eventually(() => expect(sink.requests).toHaveLength(1))
  await eventually(async () => expect(await shipper.metric('sent_total')).toBe(2))
  expect(jsonBodies(sink)).toMatchObject([{ involvedObject: { name: 'ours' } }])
})

it('ends at once although neither the relay nor the API answers', async () => {
  const cluster = await startCluster()
  const path = '/v1/clusters/prod/config'
  const relay = await startSink({ [`PUT ${path}`]: () => new Promise<never>(() => undefined) })
  const flags = ['--watch-events', 'Kustomization']
  const shipper = await startShipperIn(cluster, { relay: relay.url, flags })
  await eventually(() => expect(relay.requests).toHaveLength(1))
  const { code, stderr } = await withinSeconds(30, shipper.end('SIGTERM'))
  expect([code, stderr]).toEqual([0, ''])
})

describe.skipIf(!hasKubectl)('with the rights of its manifests', () => {
  it('does all that it can, and needs each of them', async () => {
    const secrets = await startSecretsManager()
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', secrets.options.endpoint)
    vi.stubEnv('AWS_REGION', 'eu-central-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
    const rules = await shipperRules('deploy/overlays/watch-events', 'deploy/overlays/sync-secrets')
    const flags = ['--watch-events', 'Kustomization', '--sync-secrets']
    const { cluster, sink, shipper } = await startAllHere({ flags, rules })
    await cluster.apply({
      ...{ apiVersion: 'v1', kind: 'Secret' },
      metadata: { namespace: 'flux-system', name: 'hook' },
      data: { address: Buffer.from(`${sink.url}/hook`).toString('base64') },
    })
    await cluster.apply(providerObject('slack', { secretRef: { name: 'hook' } }))
    await cluster.apply(alertObject('all'))
    await cluster.apply({
      ...{ apiVersion: 'flux-relay.io/v1alpha1', kind: 'Silence' },
      metadata: { namespace: 'flux-system', name: 'night' },
      spec: { match: 'true', reason: 'night', schedule: '0 22 * * *', duration: '8h' },
    })
    await cluster.apply(eventManifest('podinfo.1', { at: Date.now() }))
    await eventually(async () => {
      expect(await readyOf(cluster, 'all')).toMatch(/^(True|False) /)
      const written = cluster.requests.filter(({ resource }) => resource === 'silences/status')
      expect(written).toMatchObject([{ status: 200 }])
    })
    await eventually(async () => expect(await shipper.metric('secrets_written_total')).toBe(1))
    await shipper.stop()

    const plain = await startAllHere({ rules, notification: notificationKinds(['v1beta3']) })
    await plain.cluster.apply(alertObject('all'))
    await eventually(async () => {
      expect(await eventsAbout(plain.cluster, 'all')).toMatchObject([{ type: 'Warning' }])
    })
    const requests = [...cluster.requests, ...plain.cluster.requests]
    expect(requests.filter(({ status }) => status === 403)).toEqual([])
    expect(shipperAccessProblems(rules, requests)).toEqual([])
  })
})

interface Setting extends ClusterOptions {
  readonly flags?: readonly string[]
}

type StartShipper<T> = (cluster: TestCluster, shipper: ShipperArguments) => Promise<T>

/** The same with a shipper in this process. */
const startAllHere = (setting: Setting = {}) => startAll(setting, startShipperHereIn)

/** A cluster, a relay that has nothing of it yet, a sink, and a shipper between them. */
async function startAll<T>({ flags = [], ...options }: Setting, start: StartShipper<T>) {
  const cluster = await startCluster(options)
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const relay = await startRelay({
    manifests: manifestsFolder({}),
    flags: tokensFlags('cluster-token'),
  })
  const shipper = await start(cluster, { relay: relay.url, flags })
  return { cluster, sink, relay, shipper }
}

async function withinSeconds<T>(seconds: number, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`not within ${seconds} s`)), seconds * 1_000).unref()
  })
  return Promise.race([work, late])
}

/** `True Succeeded Initialized`; undefined before anybody said. */
async function readyOf(cluster: TestCluster, name: string): Promise<string | undefined> {
  const alert = await cluster.get({ ...ALERT, namespace: 'flux-system', name })
  const { conditions = [] } = (alert?.status ?? {}) as Status
  const ready = conditions.find(({ type }) => type === 'Ready')
  return ready && `${ready.status} ${ready.reason} ${ready.message}`
}

interface Status {
  readonly conditions?: readonly Readonly<
    Record<'type' | 'status' | 'reason' | 'message', string>
  >[]
}

async function eventsAbout(cluster: TestCluster, name: string) {
  const events = await cluster.list('v1', 'Event')
  return events.filter(({ involvedObject }) => (involvedObject as { name?: string }).name === name)
}
