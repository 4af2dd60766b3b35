import { describe, expect, it } from 'vitest'
import type { AccessRule } from '../../../support/kubernetes/access-rules.ts'
import {
  type ApiCaller,
  createApiCaller,
  type Watching,
} from '../../../support/kubernetes/api-caller.ts'
import { type Fields, type Manifest, referenceTo } from '../../../support/kubernetes/api-object.ts'
import {
  type ClusterOptions,
  isRealCluster,
  startCluster,
  type TestCluster,
} from '../../../support/kubernetes/cluster.ts'
import { notificationKinds } from '../../../support/kubernetes/definitions.ts'
import { startDoubleCluster } from '../../../support/kubernetes/double-cluster.ts'
import { waitFor } from '../../../support/wait-for.ts'

// What the shipper relies on in the API of Kubernetes. It holds of the double as of a real server.

const GROUP = 'notification.toolkit.fluxcd.io'
const ALERTS = `/apis/${GROUP}/v1beta3/namespaces/flux-system/alerts`
const ALL_ALERTS = `/apis/${GROUP}/v1beta3/alerts`
const PARTIAL = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
const PARTIAL_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'

function alert(name: string, spec: Fields = {}): Manifest {
  return {
    apiVersion: `${GROUP}/v1beta3`,
    kind: 'Alert',
    metadata: { namespace: 'flux-system', name },
    spec: {
      providerRef: { name: 'chat' },
      eventSources: [{ kind: 'Kustomization', name: '*' }],
      ...spec,
    },
  }
}

function configMap(name: string, data: Fields = {}): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop', name }, data }
}

function event(name: string, fields: Fields = {}): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace: 'shop', name },
    involvedObject: { kind: 'Pod', namespace: 'shop', name: 'cart-0' },
    reason: 'BackOff',
    message: 'restarting',
    ...fields,
  }
}

interface Started extends ApiCaller {
  readonly cluster: TestCluster
}

async function start(options: ClusterOptions = {}): Promise<Started> {
  const cluster = await startCluster(options)
  return { cluster, ...createApiCaller(cluster) }
}

/** The resource version of a list, or of an object. */
function versionOf(answer: { readonly body: Fields } | Fields): string {
  const { metadata } = ('body' in answer ? answer.body : answer) as {
    readonly metadata: { readonly resourceVersion: string }
  }
  return metadata.resourceVersion
}

function namesIn({ body }: { readonly body: Fields }): readonly string[] {
  return (body.items as readonly Manifest[]).map(({ metadata }) => metadata.name)
}

/** `ADDED a`, for all lines but bookmarks. */
function changesIn({ lines }: Watching): readonly string[] {
  return lines
    .filter(({ type }) => type !== 'BOOKMARK')
    .map(({ type, object }) => `${type} ${(object as Manifest).metadata.name}`)
}

describe('discovery', () => {
  it('lists groups, versions by priority, kinds, and which have a status', async () => {
    const { call } = await start({
      notification: notificationKinds(['v1beta1', 'v1beta3', 'v1beta2'], true),
      kinds: [{ group: 'apps.example.com', kind: 'Shop', versions: ['v1'], hasStatus: false }],
    })

    const group = await call({ path: `/apis/${GROUP}` })
    const resources = async (path: string) => {
      const { body } = await call({ path })
      expect(body.kind).toBe('APIResourceList')
      return (body.resources as readonly { readonly name: string }[]).map(({ name }) => name)
    }

    expect(group.body).toMatchObject({
      kind: 'APIGroup',
      name: GROUP,
      versions: [{ version: 'v1beta3' }, { version: 'v1beta2' }, { version: 'v1beta1' }],
      preferredVersion: { groupVersion: `${GROUP}/v1beta3`, version: 'v1beta3' },
    })
    // A real API server lists the kinds of a version in any order.
    expect((await resources(`/apis/${GROUP}/v1beta2`)).toSorted()).toEqual([
      'alerts',
      'alerts/status',
      'providers',
      'providers/status',
    ])
    expect(await resources('/apis/apps.example.com/v1')).toEqual(['shops'])
    expect(await resources('/api/v1')).toEqual(expect.arrayContaining(['events', 'pods/status']))
    const groups = await call({ path: '/apis' })
    expect(groups.body.groups).toContainEqual(expect.objectContaining({ name: 'events.k8s.io' }))
  })

  it('prefers the highest version of a group though not all of its kinds have it', async () => {
    const group = 'apps.example.com'
    const { call } = await start({
      kinds: [
        { group, kind: 'Cart', versions: ['v1beta2'] },
        { group, kind: 'Shop', versions: ['v1'] },
      ],
    })

    const { body } = await call({ path: `/apis/${group}` })
    const { body: preferred } = await call({ path: `/apis/${group}/v1` })

    expect(body).toMatchObject({
      versions: [{ version: 'v1' }, { version: 'v1beta2' }],
      preferredVersion: { version: 'v1' },
    })
    const names = (preferred.resources as readonly { readonly name: string }[]).map((it) => it.name)
    expect(names).not.toContain('carts')
  })

  it('answers 404 for a group, a version and a kind that are not served', async () => {
    const { call } = await start({ notification: [] })
    const paths = [`/apis/${GROUP}`, `/apis/${GROUP}/v1`, ALL_ALERTS, '/api/v1/alerts']

    const answers = await Promise.all(paths.map((path) => call({ path })))

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404])
    // Of a group that there is not, the answer is no Status.
    expect(answers.map(({ body }) => body.kind)).toEqual([
      undefined,
      undefined,
      undefined,
      'Status',
    ])
  })
})

describe('a list', () => {
  it('has pages of one moment', async () => {
    const { cluster, call } = await start()
    for (const name of ['a', 'b', 'c', 'd', 'e']) await cluster.apply(configMap(name))
    const path = '/api/v1/namespaces/shop/configmaps?limit=2'

    const first = await call({ path })
    await cluster.apply(configMap('bb'))
    await cluster.remove(referenceTo(configMap('c')))
    const { continue: token } = first.body.metadata as { readonly continue: string }
    const second = await call({ path: `${path}&continue=${token}` })
    const { continue: next } = second.body.metadata as { readonly continue: string }
    const third = await call({ path: `${path}&continue=${next}` })

    expect([first, second, third].flatMap(namesIn)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(new Set([first, second, third].map(versionOf)).size).toBe(1)
    expect(first.body.metadata).toMatchObject({ remainingItemCount: 3 })
    expect(third.body.metadata).not.toHaveProperty('continue')
  })

  it('says of each custom object what it is, and of none that is built in', async () => {
    const { cluster, call } = await start()
    await cluster.apply(configMap('a'))
    await cluster.apply(alert('a'))

    const maps = await call({ path: '/api/v1/namespaces/shop/configmaps' })
    const alerts = await call({ path: ALL_ALERTS })

    expect(maps.body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' })
    expect(maps.body.items).toEqual([expect.not.objectContaining({ kind: 'ConfigMap' })])
    expect(alerts.body).toMatchObject({ kind: 'AlertList', items: [{ kind: 'Alert' }] })
  })

  it('selects by fields, each group with names of its own', async () => {
    const { cluster, call } = await start()
    await cluster.apply(event('one'))
    await cluster.apply(
      event('two', { involvedObject: { kind: 'Job', namespace: 'shop', name: 'j' } }),
    )
    const listed = (path: string) => call({ path })

    const core = await listed('/api/v1/events?fieldSelector=involvedObject.kind=Job')
    const newer = await listed(
      '/apis/events.k8s.io/v1/events?fieldSelector=regarding.kind=Pod,regarding.name=cart-0',
    )
    const refused = await listed(
      '/apis/events.k8s.io/v1/events?fieldSelector=involvedObject.kind=Job',
    )

    expect([namesIn(core), namesIn(newer)]).toEqual([['two'], ['one']])
    expect(refused).toMatchObject({
      status: 400,
      body: { reason: 'BadRequest', message: 'field label not supported: involvedObject.kind' },
    })
  })

  it('has only metadata when asked for that', async () => {
    const { cluster, call } = await start()
    await cluster.apply(configMap('a', { large: 'x' }))

    const { body } = await call({
      path: '/api/v1/namespaces/shop/configmaps',
      accept: PARTIAL_LIST,
    })

    expect(body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' })
    const [item] = body.items as readonly Fields[]
    expect(item).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } })
    expect(item).not.toHaveProperty('data')
  })
})

describe('a watch', () => {
  it('goes on where a list was, and misses nothing', async () => {
    const { cluster, call, watch } = await start()
    await cluster.apply(configMap('before'))
    const listed = await call({ path: '/api/v1/namespaces/shop/configmaps' })
    await cluster.apply(configMap('a'))
    await cluster.apply(configMap('a', { changed: 'yes' }))

    const path = `/api/v1/namespaces/shop/configmaps?watch=1&resourceVersion=${versionOf(listed)}`
    const watching = await watch(path)
    await cluster.remove(referenceTo(configMap('a')))
    await waitFor(() => expect(changesIn(watching)).toHaveLength(3))

    expect(changesIn(watching)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a'])
    const objects = watching.lines.map(({ object }) => object as Fields)
    expect(objects[2]).toMatchObject({ kind: 'ConfigMap', data: { changed: 'yes' } })
    const versions = objects.map((object) => Number(versionOf(object)))
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
    expect(new Set(versions).size).toBe(3)
  })

  it('deletes what matches its selector no more', async () => {
    const { cluster, call, watch } = await start()
    const path = '/api/v1/namespaces/shop/events'
    const listed = await call({ path })
    const selector = 'fieldSelector=reason=BackOff'
    const watching = await watch(`${path}?watch=1&resourceVersion=${versionOf(listed)}&${selector}`)

    await cluster.apply(event('one', { reason: 'Other' }))
    await cluster.apply(event('one'))
    await cluster.apply(event('one', { reason: 'Other' }))
    await waitFor(() => expect(changesIn(watching)).toHaveLength(2))

    expect(changesIn(watching)).toEqual(['ADDED one', 'DELETED one'])
  })

  it('tells how far it came before it ends, but not of Events', async () => {
    const { cluster, call, watch } = await start()
    // Long enough to make the object meanwhile: for one that was there before a real server sends no bookmark.
    const seconds = cluster.isReal ? 6 : 3
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${seconds}`
    const from = versionOf(await call({ path: '/api/v1/events' }))
    const alerts = await watch(`${ALL_ALERTS}?${query}&resourceVersion=${from}`, PARTIAL)
    const events = await watch(`/api/v1/events?${query}&resourceVersion=${from}`)

    const made = await cluster.apply(alert('a'))
    await Promise.all([alerts.ended, events.ended])

    expect(alerts.lines[0]).toMatchObject({
      type: 'ADDED',
      object: { kind: 'PartialObjectMetadata', metadata: { name: 'a' } },
    })
    expect(alerts.lines.at(-1)).toEqual({
      type: 'BOOKMARK',
      object: {
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: { resourceVersion: made.metadata.resourceVersion },
      },
    })
    expect(events.lines).toEqual([])
  })

  it('and a list say when they are asked for what is too old', async () => {
    const { cluster, call, watch } = await start()
    for (const name of ['a', 'b', 'c']) await cluster.apply(event(name))
    const listed = await call({ path: '/api/v1/namespaces/shop/events?limit=1' })
    const { continue: token } = listed.body.metadata as { readonly continue: string }
    await cluster.expire()

    const watches = await Promise.all(
      ['/api/v1/events', ALL_ALERTS].map((path) =>
        watch(`${path}?watch=1&resourceVersion=${versionOf(listed)}`),
      ),
    )
    await Promise.all(watches.map(({ ended }) => ended))
    const rest = await call({
      path: `/api/v1/namespaces/shop/events?limit=1&continue=${token}`,
    })

    const expired = { kind: 'Status', reason: 'Expired', code: 410 }
    for (const { lines } of watches)
      expect(lines).toMatchObject([{ type: 'ERROR', object: expired }])
    expect(rest).toMatchObject({ status: 410, body: expired })
  })

  it('of a version that is still to come is silent, and a list of one fails', async () => {
    const { cluster, call, watch } = await start()
    const ahead = Number(versionOf(await call({ path: ALL_ALERTS }))) + 10_000

    const watching = await watch(`${ALL_ALERTS}?watch=1&timeoutSeconds=1&resourceVersion=${ahead}`)
    await cluster.apply(alert('a'))
    await watching.ended
    const listed = await call({ path: `${ALL_ALERTS}?resourceVersion=${ahead}` })

    expect(watching.lines).toEqual([])
    expect(listed).toMatchObject({
      status: 504,
      body: { reason: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } },
    })
  })

  it('goes on after a restart of the server, but only of Events where it was', async () => {
    const { cluster, watch } = await start()
    const made = await cluster.apply(alert('a'))
    const query = `watch=1&resourceVersion=${made.metadata.resourceVersion}`
    const broken = await watch(`${ALL_ALERTS}?${query}`)

    await cluster.restart()
    await broken.ended.catch(() => undefined)
    await cluster.apply(event('e'))
    const [alerts, events] = await Promise.all([
      watch(`${ALL_ALERTS}?${query}`),
      watch(`/api/v1/events?${query}`),
    ])
    await waitFor(() => expect(changesIn(events)).toEqual(['ADDED e']))
    await alerts.ended

    expect(alerts.lines).toMatchObject([
      { type: 'ERROR', object: { reason: 'Expired', code: 410 } },
    ])
    expect(await cluster.get(referenceTo(alert('a')))).toEqual(made)
  })
})

describe('a write', () => {
  it('of the status changes nothing else, and the reverse', async () => {
    const { cluster, call } = await start()
    await cluster.apply(alert('a'))

    const patched = await call({
      method: 'PATCH',
      path: `${ALERTS}/a/status`,
      body: {
        metadata: { labels: { no: 'no' } },
        spec: { suspend: true },
        status: { observedGeneration: 1 },
      },
    })
    const main = await call({
      method: 'PATCH',
      path: `${ALERTS}/a`,
      body: { spec: { suspend: true }, status: { observedGeneration: 9 } },
    })

    expect(patched.status).toBe(200)
    expect(patched.body).toMatchObject({
      metadata: { generation: 1 },
      status: { observedGeneration: 1 },
    })
    expect(patched.body.spec).not.toHaveProperty('suspend')
    expect(patched.body.metadata).not.toHaveProperty('labels')
    expect(main.body).toMatchObject({
      metadata: { generation: 2 },
      spec: { suspend: true },
      status: { observedGeneration: 1 },
    })
  })

  it('that changes nothing has no new version', async () => {
    const { cluster, call } = await start()
    await cluster.apply(alert('a'))
    const patch = {
      method: 'PATCH',
      path: `${ALERTS}/a/status`,
      body: { status: { observedGeneration: 1 } },
    } as const

    const [first, second] = [await call(patch), await call(patch)]

    expect(second.body).toEqual(first.body)
  })

  it('of a status is 404 where the kind has none', async () => {
    const { cluster, call } = await start({ notification: notificationKinds(['v1beta3']) })
    await cluster.apply(alert('a'))

    const answer = await call({
      method: 'PATCH',
      path: `${ALERTS}/a/status`,
      body: { status: {} },
    })

    expect(answer).toMatchObject({ status: 404, body: { reason: 'NotFound' } })
  })

  it('of an older version, or of what is there, is a conflict', async () => {
    const { cluster, call } = await start()
    const { metadata } = await cluster.apply(alert('a'))
    await cluster.apply(alert('a', { suspend: true }))
    const { resourceVersion } = metadata

    const stale = await call({
      method: 'PATCH',
      path: `${ALERTS}/a/status`,
      body: { metadata: { resourceVersion }, status: { observedGeneration: 1 } },
    })
    const again = await call({ method: 'POST', path: ALERTS, body: alert('a') })
    const gone = await call({
      method: 'PATCH',
      path: `${ALERTS}/b/status`,
      body: { status: {} },
    })

    const details = { name: 'a', group: GROUP, kind: 'alerts' }
    expect(stale).toMatchObject({ status: 409, body: { reason: 'Conflict', code: 409, details } })
    expect(again).toMatchObject({
      status: 409,
      body: { reason: 'AlreadyExists', message: `alerts.${GROUP} "a" already exists`, details },
    })
    expect(gone).toMatchObject({
      status: 404,
      body: { reason: 'NotFound', message: `alerts.${GROUP} "b" not found` },
    })
  })

  it('is refused for what is not well formed', async () => {
    const { cluster, call } = await start()
    await cluster.apply(alert('a'))
    const { kind: _, ...nameless } = alert('b')
    const calls = [
      { method: 'POST', path: ALERTS, body: nameless },
      { method: 'PATCH', path: `${ALERTS}/a`, body: {}, contentType: 'application/json' },
      { method: 'PUT', path: `${ALERTS}/a`, body: alert('a') },
      {
        method: 'POST',
        path: '/api/v1/namespaces/nowhere/configmaps',
        body: { metadata: { name: 'a' } },
      },
    ] as const

    const answers = await Promise.all(calls.map(call))

    expect(answers.map(({ status, body }) => [status, body.reason])).toEqual([
      [400, 'BadRequest'],
      [415, 'UnsupportedMediaType'],
      [422, 'Invalid'],
      [404, 'NotFound'],
    ])
  })
})

describe('an Event', () => {
  const WRITTEN = {
    metadata: { generateName: 'alert-a-' },
    eventTime: '2026-01-01T01:00:00.123456+01:00',
    reportingController: 'example.com/shipper',
    reportingInstance: 'shipper-0',
    action: 'Apply',
    reason: 'Initialized',
    regarding: { kind: 'Pod', namespace: 'shop', name: 'cart-0' },
    note: 'it works',
    type: 'Normal',
    series: { count: 2, lastObservedTime: '2026-01-01T00:00:05.000000Z' },
  }

  it('is one object in both groups', async () => {
    const { cluster, call } = await start()
    await cluster.apply(
      event('old', {
        count: 3,
        firstTimestamp: '2026-01-01T00:00:00Z',
        source: { component: 'kubelet' },
      }),
    )

    const made = await call({
      method: 'POST',
      path: '/apis/events.k8s.io/v1/namespaces/shop/events',
      body: WRITTEN,
    })
    const { name } = (made.body as Manifest).metadata
    const core = await call({ path: `/api/v1/namespaces/shop/events/${name}` })
    const newer = await call({ path: '/apis/events.k8s.io/v1/namespaces/shop/events/old' })

    expect(made.status).toBe(201)
    expect(name).toMatch(/^alert-a-[a-z0-9]{5}$/)
    const { metadata, ...fields } = core.body
    expect(metadata).toMatchObject({ namespace: 'shop', resourceVersion: versionOf(made) })
    expect(fields).toEqual({
      kind: 'Event',
      apiVersion: 'v1',
      involvedObject: WRITTEN.regarding,
      reason: 'Initialized',
      message: 'it works',
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      type: 'Normal',
      eventTime: '2026-01-01T00:00:00.123456Z',
      series: WRITTEN.series,
      action: 'Apply',
      reportingComponent: 'example.com/shipper',
      reportingInstance: 'shipper-0',
    })
    const { metadata: __, ...others } = newer.body
    expect(others).toEqual({
      kind: 'Event',
      apiVersion: 'events.k8s.io/v1',
      eventTime: null,
      reason: 'BackOff',
      regarding: { kind: 'Pod', namespace: 'shop', name: 'cart-0' },
      note: 'restarting',
      deprecatedSource: { component: 'kubelet' },
      deprecatedFirstTimestamp: '2026-01-01T00:00:00Z',
      deprecatedLastTimestamp: null,
      deprecatedCount: 3,
    })
  })

  it('is refused with a time of too few digits, in another namespace, or incomplete', async () => {
    const { cluster, call } = await start()
    await cluster.apply(event('old'))
    const newer = '/apis/events.k8s.io/v1/namespaces/shop/events'
    const { eventTime: _, ...timeless } = WRITTEN
    const calls = [
      { path: newer, body: { ...WRITTEN, eventTime: '2026-01-01T00:00:00.123Z' } },
      { path: newer, body: timeless },
      { path: newer, body: { ...WRITTEN, metadata: { generateName: 'alert-a.' } } },
      {
        path: '/api/v1/namespaces/flux-system/events',
        body: { ...event('a'), metadata: { name: 'a' } },
      },
      {
        path: '/api/v1/namespaces/shop/events',
        body: { ...event('a'), involvedObject: { kind: 'Node', name: 'n' } },
      },
    ]

    const answers = await Promise.all(calls.map((each) => call({ method: 'POST', ...each })))

    expect(answers.map(({ status }) => status)).toEqual([400, 422, 422, 422, 422])
    expect(answers[3]?.body.message).toBe(
      'Event "a" is invalid: involvedObject.namespace: Invalid value: "shop": does not match event.namespace',
    )
  })
})

describe('access', () => {
  const RULES: readonly AccessRule[] = [
    { apiGroups: [GROUP], resources: ['alerts'], verbs: ['list', 'watch'] },
    {
      apiGroups: [''],
      resources: ['secrets'],
      verbs: ['get'],
      resourceNames: ['chat'],
      namespace: 'shop',
    },
  ]

  it('is what the rules say, and nothing else but discovery', async () => {
    const { cluster, call } = await start({ rules: RULES })
    await cluster.apply({ ...configMap('chat'), kind: 'Secret' })
    await cluster.apply({ ...configMap('other'), kind: 'Secret' })
    const paths = [
      ALL_ALERTS,
      '/api/v1/namespaces/shop/secrets/chat',
      `/apis/${GROUP}/v1beta3`,
      '/api/v1/namespaces/shop/secrets/other',
      '/api/v1/namespaces/flux-system/secrets/chat',
      '/api/v1/secrets',
      '/apis/example.com/v1/shops',
    ]

    const answers = []
    for (const path of paths) answers.push(await call({ path }))
    const patched = await call({ method: 'PATCH', path: `${ALERTS}/a/status`, body: {} })

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 403, 403, 403, 403])
    const user = /User "([^"]+)"/.exec(`${patched.body.message}`)?.[1]
    expect([answers[3], answers[5], patched].map((answer) => answer?.body.message)).toEqual([
      `secrets "other" is forbidden: User "${user}" cannot get resource "secrets" in API group "" in the namespace "shop"`,
      `secrets is forbidden: User "${user}" cannot list resource "secrets" in API group "" at the cluster scope`,
      `alerts.${GROUP} "a" is forbidden: User "${user}" cannot patch resource "alerts/status" in API group "${GROUP}" in the namespace "flux-system"`,
    ])
    expect(patched.body).toMatchObject({
      kind: 'Status',
      reason: 'Forbidden',
      code: 403,
      details: { name: 'a', group: GROUP, kind: 'alerts' },
    })

    await cluster.allow([{ apiGroups: [''], resources: ['secrets'], verbs: ['list'] }])
    const [secrets, alerts] = [
      await call({ path: '/api/v1/secrets' }),
      await call({ path: ALL_ALERTS }),
    ]
    expect([secrets.status, alerts.status]).toEqual([200, 403])
  })

  it('needs a token that is known', async () => {
    const { cluster, call } = await start()

    const wrong = await call({ path: '/api/v1/secrets', token: 'wrong' })
    const none = await call({ path: '/api/v1/secrets', token: null })

    expect(wrong).toEqual({
      status: 401,
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Unauthorized',
        reason: 'Unauthorized',
        code: 401,
      },
    })
    expect(none).toMatchObject({ status: 403, body: { reason: 'Forbidden' } })
    await waitFor(() => expect(cluster.requests.map(({ status }) => status)).toEqual([401, 403]))
  })

  it('is recorded, each request as rules name it', async () => {
    const { cluster, call, watch } = await start({ rules: RULES })
    await cluster.apply(alert('unseen'))
    await call({ path: `/apis/${GROUP}` })
    await call({ path: `${ALL_ALERTS}?limit=5` })
    await watch(`${ALL_ALERTS}?watch=1&resourceVersion=0`)
    await call({ method: 'PATCH', path: `${ALERTS}/a/status`, body: {} })
    await call({ method: 'POST', path: '/api/v1/namespaces/shop/events', body: event('e') })

    await waitFor(() => expect(cluster.requests).toHaveLength(5))
    const common = { group: GROUP, namespace: undefined, name: undefined, status: 200 }
    expect(cluster.requests).toEqual([
      { ...common, verb: 'get', group: '', resource: '', path: `/apis/${GROUP}` },
      { ...common, verb: 'list', resource: 'alerts', path: `${ALL_ALERTS}?limit=5` },
      {
        ...common,
        verb: 'watch',
        resource: 'alerts',
        path: `${ALL_ALERTS}?watch=1&resourceVersion=0`,
      },
      {
        ...common,
        verb: 'patch',
        resource: 'alerts/status',
        namespace: 'flux-system',
        name: 'a',
        path: `${ALERTS}/a/status`,
        status: 403,
      },
      {
        verb: 'create',
        group: '',
        resource: 'events',
        namespace: 'shop',
        name: undefined,
        path: '/api/v1/namespaces/shop/events',
        status: 403,
      },
    ])
  })
})

describe('the way to the server', () => {
  it('can be cut, and closed for a while', async () => {
    const { cluster, call, watch } = await start()
    const path = '/api/v1/namespaces/shop/configmaps'
    const watching = await watch(`${path}?watch=1`)

    cluster.dropConnections()
    await expect(watching.ended).rejects.toThrow()
    await cluster.setDown(true)
    await expect(call({ path })).rejects.toThrow(/ECONNREFUSED|other side closed/)
    await cluster.apply(configMap('meanwhile'))
    await cluster.setDown(false)

    expect(namesIn(await call({ path }))).toEqual(['meanwhile'])
  })
})

// No test can ask a real server for these.
describe.skipIf(isRealCluster)('faults of the double', () => {
  it('answers the next requests that match as the test wants', async () => {
    const cluster = await startDoubleCluster()
    const { call } = createApiCaller(cluster)
    cluster.answerNext(
      { verb: 'list', resource: 'alerts' },
      { status: 429, retryAfterSeconds: 7, times: 2 },
    )

    const answers = []
    for (const path of [`/apis/${GROUP}`, ALL_ALERTS, '/api/v1/pods', ALL_ALERTS, ALL_ALERTS]) {
      answers.push((await call({ path })).status)
    }

    expect(answers).toEqual([200, 429, 200, 429, 200])
    expect(cluster.requests.map(({ status }) => status)).toEqual(answers)
  })

  it('splits the lines of a watch, writes garbage into it, and ends it', async () => {
    const cluster = await startDoubleCluster()
    const { watch } = createApiCaller(cluster)
    cluster.splitWatchLines(7)
    const watching = await watch(`${ALL_ALERTS}?watch=1&allowWatchBookmarks=true`)
    const made = await cluster.apply(alert('a', { summary: 'ä' }))
    const [running] = cluster.watches('alerts')

    running?.bookmark()
    running?.write('<html>\n')
    running?.end()
    await watching.ended

    expect(watching.lines[0]).toMatchObject({ type: 'ADDED', object: { spec: { summary: 'ä' } } })
    expect(watching.lines.slice(1)).toMatchObject([
      {
        type: 'BOOKMARK',
        object: { metadata: { resourceVersion: made.metadata.resourceVersion } },
      },
      { garbage: '<html>' },
      { type: 'BOOKMARK' },
    ])
    expect(cluster.watches()).toEqual([])
  })
})
