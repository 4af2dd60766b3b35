import { describe, expect, it, onTestFinished } from 'vitest'
import { startConfigWatch } from '../../../../hosts/shipper/config/config-watch.ts'
import { ApiError } from '../../../../hosts/shipper/kubernetes/api-error.ts'
import type { ApiRequest, KubernetesClient } from '../../../../hosts/shipper/kubernetes/client.ts'
import type { LabelLimits } from '../../../../hosts/shipper/labels/label-pool.ts'
import { followLabels } from '../../../../hosts/shipper/labels/object-labels.ts'
import type { JsonObject } from '../../../../relay/model/json-value.ts'
import { clientOf } from '../../../support/config-harness.ts'
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts'
import { startDoubleCluster } from '../../../support/kubernetes/double-cluster.ts'
import { alertObject, providerObject } from '../../../support/notification-objects.ts'
import { createHarness } from '../../../support/relay-harness.ts'
import { kustomizationEvent } from '../../../support/relay-manifests.ts'
import { eventsOf, runSender, takesAll } from '../../../support/sender-harness.ts'
import { fill, testSpool } from '../../../support/spool.ts'
import { VirtualTime } from '../../../support/virtual-time.ts'
import { waitFor } from '../../../support/wait-for.ts'

const HOUR = 3_600_000
const LIMITS: LabelLimits = { maxObjects: 1_000, maxBytes: 1_000_000 }

const SELECTING = alertObject('by-label', {
  eventSources: [{ kind: 'Kustomization', name: '*', matchLabels: { team: 'a' } }],
})

function kustomization(name: string, labels: Readonly<Record<string, string>>) {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { namespace: 'flux-system', name, labels },
    spec: { path: './deploy' },
  }
}

function referenceOf({ apiVersion, kind, metadata }: ReturnType<typeof kustomization>) {
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name }
}

function runLabels(
  cluster: TestCluster,
  limits: LabelLimits = LIMITS,
  through = (client: KubernetesClient) => client,
) {
  const time = new VirtualTime()
  const said: string[] = []
  const whole = new Set<string>()
  const client = noting(whole, through(clientOf(cluster)))
  const { wait } = time
  const random = () => 0
  const config = startConfigWatch({
    ...{ client, wait, random },
    observer: {
      served: () => undefined,
      absent: () => undefined,
      watchFailed: () => undefined,
      watchRecovered: () => undefined,
    },
  })
  const labels = followLabels({
    ...{ config, client, wait, random, clock: time, limits },
    observer: {
      waitingForLabels: (kinds) => said.push(`waiting ${kinds}`),
      tooManyKinds: (kinds) => said.push(`too many ${kinds}`),
      labelsUnavailable: (kind) => said.push(`unavailable ${kind}`),
      labelsRecovered: (kind) => said.push(`recovered ${kind}`),
      labelsFailed: (kind) => said.push(`failed ${kind}`),
      labelsFull: (kind) => said.push(`full ${kind}`),
    },
  })
  const stop = () => {
    labels.stop()
    config.stop()
  }
  onTestFinished(stop)
  const of = (name: string) =>
    labels.labelsOf({ kind: 'Kustomization', namespace: 'flux-system', name })
  const ready = () => waitFor(() => expect(labels.isReady()).toBe(true))
  return { labels, config, time, said, whole, of, ready, stop }
}

/** Notes the paths that are asked for with more than the metadata of objects. */
function noting(whole: Set<string>, client: KubernetesClient): KubernetesClient {
  const note = ({ path, accept = '' }: Pick<ApiRequest, 'path' | 'accept'>) => {
    if (!accept.includes('as=PartialObjectMetadata')) whole.add(path.split('?')[0] ?? '')
  }
  return {
    ...client,
    request(request) {
      note(request)
      return client.request(request)
    },
    stream(request, signal) {
      note(request)
      return client.stream(request, signal)
    },
  }
}

/** Lets what waits be tried again until it holds. */
async function eventually(time: VirtualTime, check: () => void): Promise<void> {
  await waitFor(async () => {
    const [next = HOUR] = time.waits
    if (next < 60_000) await time.pass(next)
    check()
  })
}

describe('labels', () => {
  it('are known of the kinds that an Alert selects by label, as they are now', async () => {
    const cluster = await startCluster()
    await cluster.apply(SELECTING)
    await cluster.apply(alertObject('plain'))
    await cluster.apply(kustomization('app', { team: 'a', tier: 'web' }))
    await cluster.apply(kustomization('bare', {}))
    const run = runLabels(cluster)
    await run.ready()
    expect([run.of('app'), run.of('bare'), run.of('none')]).toEqual([
      { team: 'a', tier: 'web' },
      {},
      undefined,
    ])
    await cluster.apply(kustomization('app', { team: 'b' }))
    await cluster.apply(kustomization('new', { team: 'a' }))
    await waitFor(() =>
      expect([run.of('app'), run.of('new')]).toEqual([{ team: 'b' }, { team: 'a' }]),
    )
    const read = new Set(
      cluster.requests
        .filter(({ verb }) => verb === 'list' || verb === 'watch')
        .map(({ resource }) => resource),
    )
    expect(read).toEqual(new Set(['alerts', 'providers', 'silences', 'kustomizations']))
    expect([...run.whole].filter((path) => path.endsWith('/kustomizations'))).toEqual([])
  })

  it('are those of the object in the group of the event', async () => {
    const cluster = await startCluster({
      kinds: [
        { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', versions: ['v1'] },
        { group: 'other.example.com', kind: 'Kustomization', versions: ['v1'] },
      ],
    })
    await cluster.apply(SELECTING)
    await cluster.apply(kustomization('app', { team: 'a' }))
    const other = kustomization('app', { team: 'other' })
    await cluster.apply({ ...other, apiVersion: 'other.example.com/v1' })
    const run = runLabels(cluster)
    await run.ready()
    const of = (apiVersion: string) =>
      run.labels.labelsOf({
        apiVersion,
        kind: 'Kustomization',
        namespace: 'flux-system',
        name: 'app',
      })
    // The version is that of the controller which reports.
    expect(of('kustomize.toolkit.fluxcd.io/v1beta2')).toEqual({ team: 'a' })
    expect(of('other.example.com/v1')).toEqual({ team: 'other' })
    expect(of('v1')).toBeUndefined()
    expect(run.of('app')).toBeDefined()
  })

  it('are known of the kinds of an Alert of which a rule or a Silence reads them', async () => {
    const cluster = await startCluster()
    const { metadata, ...plain } = alertObject('plain')
    await cluster.apply({ metadata, ...plain })
    await cluster.apply(kustomization('app', { team: 'a' }))
    const run = runLabels(cluster)
    await run.ready()
    expect(run.of('app')).toBeUndefined()
    const reads = "labels[?'team'].orValue('') == 'a'"
    const annotations = { 'flux-relay.io/when': reads }
    await cluster.apply({ ...plain, metadata: { ...metadata, annotations } })
    await waitFor(() => expect(run.of('app')).toEqual({ team: 'a' }))
    await cluster.apply({ metadata, ...plain })
    await waitFor(() => expect(run.of('app')).toBeUndefined())
    await cluster.apply({
      apiVersion: 'flux-relay.io/v1alpha1',
      kind: 'Silence',
      metadata: { namespace: metadata.namespace, name: 'night' },
      spec: { match: reads, reason: 'night', schedule: '0 22 * * *', duration: '8h' },
    })
    await waitFor(() => expect(run.of('app')).toEqual({ team: 'a' }))
  })

  it('are known of a kind that is not in the preferred version of its group', async () => {
    const group = 'source.toolkit.fluxcd.io'
    const plural = 'gitrepositories'
    const cluster = await startCluster({
      kinds: [
        { group, kind: 'GitRepository', plural, versions: ['v1beta2', 'v1'] },
        { group, kind: 'Bucket', versions: ['v1beta1', 'v1beta2'] },
      ],
    })
    const eventSources = [{ kind: 'Bucket', name: '*', matchLabels: { team: 'a' } }]
    await cluster.apply(alertObject('by-label', { eventSources }))
    const apiVersion = `${group}/v1beta2`
    const object = { kind: 'Bucket', namespace: 'flux-system', name: 'app' }
    await cluster.apply({
      ...kustomization('app', { team: 'a' }),
      ...{ apiVersion, kind: 'Bucket' },
    })
    const run = runLabels(cluster)
    await run.ready()
    expect(run.labels.labelsOf({ ...object, apiVersion })).toEqual({ team: 'a' })
    expect(run.said.filter((it) => it.startsWith('unavailable'))).toEqual([])
  })

  it('of a deleted object are kept for an hour, through a relist too', async () => {
    const cluster = await startCluster()
    await cluster.apply(SELECTING)
    for (const name of ['watched', 'missed', 'stays']) {
      await cluster.apply(kustomization(name, { team: name }))
    }
    const run = runLabels(cluster)
    await run.ready()
    await cluster.remove(referenceOf(kustomization('watched', {})))
    await cluster.apply(kustomization('next', {}))
    await waitFor(() => expect(run.of('next')).toBeDefined())
    await cluster.setDown(true)
    await cluster.remove(referenceOf(kustomization('missed', {})))
    await cluster.apply(kustomization('after', {}))
    await cluster.expire()
    await cluster.setDown(false)
    await eventually(run.time, () => expect(run.of('after')).toBeDefined())
    const known = () => ['watched', 'missed', 'stays'].filter((name) => run.of(name) !== undefined)
    await run.time.pass(HOUR - 120_000)
    expect(known()).toEqual(['watched', 'missed', 'stays'])
    await run.time.pass(120_000)
    expect(known()).toEqual(['stays'])
  })

  it('of a kind that no Alert selects any more are dropped, and those of a new one read', async () => {
    const cluster = await startCluster()
    await cluster.apply(SELECTING)
    await cluster.apply(kustomization('app', { team: 'a' }))
    const run = runLabels(cluster)
    await run.ready()
    const eventSources = [{ kind: 'GitRepository', name: '*', matchLabels: { team: 'a' } }]
    await cluster.apply(alertObject('by-label', { eventSources }))
    await waitFor(() => expect(run.of('app')).toBeUndefined())
    await run.ready()
    await waitFor(() =>
      expect(cluster.requests).toContainEqual(
        expect.objectContaining({ verb: 'watch', resource: 'gitrepositories' }),
      ),
    )
  })

  it('are kept of 50 kinds, and of the others once there is room', async () => {
    const cluster = await startDoubleCluster()
    const selecting = (kinds: readonly string[]) =>
      alertObject('by-label', {
        eventSources: kinds.map((kind) => ({ kind, name: '*', matchLabels: { team: 'a' } })),
      })
    const kinds = Array.from({ length: 50 }, (_, index) => `Absent${index + 10}`)
    const [first = '', ...rest] = kinds
    await cluster.apply(selecting([...kinds, 'Zero', 'Kustomization']))
    await cluster.apply(kustomization('app', { team: 'a' }))
    const run = runLabels(cluster)
    await run.ready()
    // In alphabetical order; each is told of once.
    expect(run.said.toSorted()).toEqual([
      'too many Kustomization,Zero',
      ...kinds.map((kind) => `unavailable ${kind}`),
    ])
    expect(run.of('app')).toBeUndefined()
    await cluster.apply(selecting([...kinds, 'Kustomization']))
    await cluster.apply(selecting([...rest, 'Kustomization']))
    await waitFor(() => expect(run.of('app')).toEqual({ team: 'a' }))
    expect(run.said.filter((text) => text.startsWith('too many'))).toHaveLength(1)
    await cluster.apply(selecting([first, ...rest, 'Kustomization']))
    await waitFor(() => expect(run.said.at(-2)).toBe('too many Kustomization'))
    expect(run.said.at(-1)).toBe(`unavailable ${first}`)
    expect(run.of('app')).toBeUndefined()
  })

  it('are bounded, and those of deleted objects make room', async () => {
    const cluster = await startCluster()
    await cluster.apply(SELECTING)
    await cluster.apply(kustomization('a', { team: 'a' }))
    await cluster.apply(kustomization('b', { team: 'a' }))
    const run = runLabels(cluster, { maxObjects: 2, maxBytes: 1_000 })
    await run.ready()
    await cluster.remove(referenceOf(kustomization('a', {})))
    await cluster.apply(kustomization('c', { team: 'c' }))
    await waitFor(() => expect(run.of('c')).toEqual({ team: 'c' }))
    expect([run.of('a'), run.said]).toEqual([undefined, []])
    await cluster.apply(kustomization('d', { team: 'd' }))
    await waitFor(() => expect(run.said).toEqual(['full Kustomization']))
    expect([run.of('b'), run.of('d')]).toEqual([{ team: 'a' }, undefined])
  })
})

describe('events', () => {
  it('are matched by label', async () => {
    const cluster = await startCluster()
    await cluster.apply(SELECTING)
    await cluster.apply(providerObject('slack'))
    await cluster.apply(kustomization('ours', { team: 'a' }))
    await cluster.apply(kustomization('theirs', { team: 'b' }))
    const run = runLabels(cluster)
    await run.ready()
    const relay = createHarness()
    await relay.configure(SELECTING, providerObject('slack'))
    for (const name of ['ours', 'theirs']) {
      const event: JsonObject = { ...kustomizationEvent(name, '1', `event of ${name}`) }
      expect(run.labels.withLabels(event)).toMatchObject({ event, objectLabels: {} })
      await relay.sendJson(run.labels.withLabels(event))
    }
    await relay.drain()
    expect(relay.requests.map(({ body }) => JSON.parse(String(body)).message)).toEqual([
      'event of ours',
    ])
  })

  it('wait in the spool until their labels are known, and not for ever for what is refused', async () => {
    const cluster = await startDoubleCluster({
      rules: [
        {
          apiGroups: ['notification.toolkit.fluxcd.io'],
          resources: ['*'],
          verbs: ['list', 'watch'],
        },
        { apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: ['*'], verbs: ['list', 'watch'] },
      ],
    })
    const eventSources = ['Kustomization', 'HelmRelease', 'Unknown'].map((kind) => ({
      ...{ kind, name: '*', matchLabels: { team: 'a' } },
    }))
    await cluster.apply(alertObject('by-label', { eventSources }))
    await cluster.apply(kustomization('app', { team: 'a' }))
    await cluster.setDown(true)
    const run = runLabels(cluster)
    const { spool } = testSpool()
    const event = kustomizationEvent('app', '1', 'one')
    await fill(spool, [JSON.stringify(event)])
    const sent = runSender(spool, [takesAll], { labels: run.labels })
    await waitFor(() => expect(run.said).toEqual(['waiting ']))
    await run.time.pass(1_000)
    expect(sent.requests).toHaveLength(0)
    await cluster.setDown(false)
    await eventually(run.time, () => expect(spool.depth().events).toBe(0))
    expect(sent.requests.flatMap(eventsOf)).toEqual([{ event, objectLabels: { team: 'a' } }])
    const unavailable = run.said.filter((text) => text.startsWith('unavailable'))
    expect(unavailable.toSorted()).toEqual(['unavailable HelmRelease', 'unavailable Unknown'])
  })

  it.each(['providers', 'silences'])(
    'wait until the %s are listed, which may ask for labels',
    async (kind) => {
      const cluster = await startDoubleCluster()
      await cluster.apply(alertObject('plain'))
      const listed = Promise.withResolvers<void>()
      const run = runLabels(cluster, LIMITS, (client) => ({
        ...client,
        async request(request) {
          if (request.path.includes(`/${kind}?`)) await listed.promise
          return client.request(request)
        },
      }))
      const listedAlerts = () => expect(run.config.alerts()).toHaveLength(1)
      await waitFor(listedAlerts)
      const others = kind === 'silences' ? run.config.providers : run.config.silences
      await waitFor(() => expect(others()).toEqual([]))
      expect(run.labels.isReady()).toBe(false)
      listed.resolve()
      await run.ready()
    },
  )

  it('wait while an API server that starts refuses what is allowed', async () => {
    const cluster = await startDoubleCluster()
    await cluster.apply(SELECTING)
    await cluster.apply(kustomization('app', { team: 'a' }))
    const refusals = { alerts: 3, kustomizations: 3 }
    const run = runLabels(cluster, LIMITS, (client) => ({
      ...client,
      async request(request) {
        const [path = ''] = request.path.split('?')
        const kind = path.endsWith('/alerts') ? 'alerts' : 'kustomizations'
        if (!path.endsWith(`/${kind}`) || refusals[kind] === 0) return client.request(request)
        refusals[kind] -= 1
        throw new ApiError('forbidden', { status: 403 })
      },
    }))
    await eventually(run.time, () => expect(run.labels.isReady()).toBe(true))
    expect(run.of('app')).toEqual({ team: 'a' })
    // It starts once more.
    await cluster.setDown(true)
    await waitFor(() => expect(run.said.at(-1)).toBe('failed Kustomization'))
    refusals.kustomizations = 3
    await cluster.setDown(false)
    await cluster.apply(kustomization('app', { team: 'b' }))
    await eventually(run.time, () => expect(run.of('app')).toEqual({ team: 'b' }))
    expect(refusals.kustomizations).toBe(0)
    expect(run.said.filter((text) => text.startsWith('unavailable'))).toEqual([])
  })

  it.each([
    ['an error', () => Promise.reject(new ApiError('no conversion', { status: 500 }))],
    ['what is no list', async () => ({ metadata: {} })],
  ])('wait for a kind that is listed with %s, but not for ever', async (_, answer) => {
    const cluster = await startDoubleCluster()
    await cluster.apply(SELECTING)
    await cluster.apply(kustomization('app', { team: 'a' }))
    let isBroken = true
    const run = runLabels(cluster, LIMITS, (client) => ({
      ...client,
      async request(request) {
        const isList = request.path.includes('/kustomizations')
        if (isList && isBroken) return answer()
        return client.request(request)
      },
    }))
    await eventually(run.time, () => expect(run.labels.isReady()).toBe(true))
    expect(run.said.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 'failed Kustomization'))
    expect(run.said).toContain('unavailable Kustomization')
    isBroken = false
    await eventually(run.time, () => expect(run.of('app')).toEqual({ team: 'a' }))
    expect(run.said).toContain('recovered Kustomization')
  })

  it('of other kinds, and those with labels, stay as they are', async () => {
    const cluster = await startCluster()
    await cluster.apply(SELECTING)
    await cluster.apply(kustomization('app', { team: 'a' }))
    const run = runLabels(cluster)
    await run.ready()
    const event = kustomizationEvent('app', '1', 'one')
    const labelled = JSON.stringify({ event, objectLabels: { team: 'before' } })
    const other = JSON.stringify({
      ...event,
      involvedObject: { ...event.involvedObject, kind: 'Pod' },
      message: '"Kustomization"',
    })
    for (const body of [labelled, other, 'no JSON "Kustomization"', '["Kustomization"]']) {
      expect(run.labels.fillIn(body)).toBe(body)
    }
    // The largest that the relay takes: there is no room for labels.
    const padding = 3 * 2 ** 20 - 2 - JSON.stringify({ ...event, message: '' }).length
    const large = JSON.stringify({ ...event, message: 'x'.repeat(padding) })
    expect(run.labels.fillIn(large) === large).toBe(true)
    expect(JSON.parse(run.labels.fillIn(JSON.stringify({ event })))).toEqual({
      event,
      objectLabels: { team: 'a' },
    })
  })
})
