import { expect, it } from 'vitest'
import { providerTypes } from '../../relay/providers/registry.ts'
import { type Canaries, createCanaries } from '../support/canaries.ts'
import { CANARY_FAILURES } from '../support/canary-failures.ts'
import {
  type CanaryProvider,
  canaryProvider,
  FIXED_HOST_TYPES,
  HTTP_TYPES,
} from '../support/canary-providers.ts'
import { expectNoLeaks, filesOf, type LeakException } from '../support/canary-relay.ts'
import { ECHOES, type EchoSink, echoPath, startEchoSink } from '../support/echo-sink.ts'
import { shareOf } from '../support/full-size.ts'
import { exampleEvent, manifestsFolder } from '../support/relay-manifests.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { eventually } from '../support/served.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Of a type's statuses one in so many is tried, and of the next type's the next ones. */
const SHARES = 3

const STATUSES = [200, 400, 401, 404, 429, 500] as const

/** What the relay is meant to show of a configuration that a cluster has put. */
const EXCEPTIONS: readonly LeakException[] = [
  {
    output: /^GET config$/,
    leak: /^PUT spec/,
    because: 'GET config shows manifests as they came; what is secret belongs in a Secret',
  },
  {
    output: /^flux-relay\.db/,
    leak: /^PUT spec/,
    because: 'the configuration that a cluster puts is stored as it came',
  },
  {
    output: /^GET own config$/,
    leak: /^pagerduty .*channel token/,
    because: 'Flux takes the routing key of PagerDuty from spec.channel',
  },
]

/** A process has no client that a test could divert to the sink. */
const TYPES = HTTP_TYPES.filter(({ type }) => !FIXED_HOST_TYPES.has(type))

/** For every type: of a commit, and of a change request. */
const METADATA = {
  'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d',
  'event.toolkit.fluxcd.io/change_request': '42',
}

it('shows no secret in anything that the process says, answers or stores', async () => {
  const canaries = createCanaries()
  const sink = await startEchoSink()
  const providers = [...answered(canaries, sink), ...(await failing(canaries))]
  const data = temporaryDirectory()
  const tokens = { operator: canaries.plant('operator token'), cluster: canaries.plant('token') }
  const relay = await startRelay({
    manifests: manifestsFolder({ ...filesFor(providers), ...brokenFiles(canaries) }),
    data,
    flags: ['--tokens', tokensFile(canaries, tokens)],
  })
  await relay.post(
    exampleEvent('kustomization-health-check-failed', { metadata: METADATA }),
    basic('local', tokens.cluster),
  )
  await eventually(() => expect(decidedBy(relay).size).toBe(providers.length))
  expect(canaries.placesIn(sink.received()).size).toBeGreaterThan(TYPES.length)

  const asOperator = { headers: bearer(tokens.operator) }
  const pages = await pagesOf(relay, '/v1/deliveries?limit=200', asOperator)
  const deliveries = pages.flatMap((page) => (JSON.parse(page) as ListPage).deliveries)
  expect(deliveries).toHaveLength(providers.length)
  const shown = deliveries.map(({ id }) => textOf(relay, `/v1/deliveries/${id}`, asOperator))
  const outputs = {
    'GET /v1/deliveries': pages.join('\n'),
    'GET /v1/deliveries/{id}': (await Promise.all(shown)).join('\n'),
    'GET own config': await textOf(relay, '/v1/clusters/local/config', asOperator),
    ...(await configOfAnother(relay, canaries, tokens.operator)),
    problems: await problems(relay, tokens),
    '/metrics': await textOf(relay, '/metrics', asOperator),
    ...filesOf(data),
    stdout: relay.lines().join('\n'),
    stderr: relay.stderr(),
  }
  expectNoLeaks(canaries, outputs, EXCEPTIONS)
})

/** Each type with its share of statuses, and the ways to echo in turn. */
function answered(canaries: Canaries, { url }: EchoSink): readonly CanaryProvider[] {
  const pairs = TYPES.flatMap((type, turn) =>
    shareOf(STATUSES, SHARES, turn).map((status) => ({ type, status })),
  )
  return pairs.map(({ type, status }, index) =>
    canaryProvider(canaries, {
      type,
      name: `answered-${index}`,
      // Addresses in a spec are shown by `GET config`, which is what the exceptions are for.
      variant: 'secret',
      origin: url,
      path: echoPath(status, index % ECHOES.length),
    }),
  )
}

/** Each failure, with the types in turn. */
function failing(canaries: Canaries): Promise<readonly CanaryProvider[]> {
  const failures = Object.entries(CANARY_FAILURES).filter(([name]) => !name.startsWith('spec.'))
  return Promise.all(
    failures.flatMap(async ([what, failure], index) => {
      const type = TYPES[index % TYPES.length]
      if (!type) throw new Error('there is no type')
      const own = await failure.make((place) => canaries.plant(`${what} ${place}`))
      const name = `failing-${index}`
      return canaryProvider(canaries, { type, name, variant: 'secret', path: 'alpha', ...own })
    }),
  )
}

function filesFor(providers: readonly CanaryProvider[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    providers.map(({ manifests, secrets }, index) => {
      const ownSecrets = [...secrets].map(([name, stringData]) =>
        secretManifest(name, { stringData }),
      )
      const documents = [...manifests, ...ownSecrets].map((object) => JSON.stringify(object))
      return [`p${index}.yaml`, documents.join('\n---\n')]
    }),
  )
}

function secretManifest(name: string, content: object) {
  const metadata = { name, namespace: 'flux-system' }
  return { apiVersion: 'v1', kind: 'Secret', metadata, ...content }
}

/** Mistakes that people make in Secrets. */
function brokenFiles(canaries: Canaries): Readonly<Record<string, string>> {
  const plant = (what: string) => canaries.plant(`manifest ${what}`)
  const head = 'apiVersion: v1\nkind: Secret\nmetadata: {name: broken, namespace: flux-system}\n'
  return {
    'plain-in-data.yaml': JSON.stringify(
      secretManifest('a', { data: { token: `${plant('data')}!` } }),
    ),
    'no-map.yaml': JSON.stringify(secretManifest('b', { stringData: plant('no map') })),
    'no-text.yaml': JSON.stringify(secretManifest('c', { stringData: { [plant('key')]: 1 } })),
    'bad-indent.yaml': `${head}stringData:\n  token: "${plant('indent')}\n bad: [`,
    'tag.yaml': `${head}stringData:\n  token: !${plant('tag')}\n`,
    'template.yaml': `${head}stringData:\n  token: {{${plant('template')}}}\n`,
    'alias.yaml': `${head}stringData:\n  token: *${plant('alias')}\n`,
  }
}

interface Tokens {
  readonly operator: string
  readonly cluster: string
}

function tokensFile(canaries: Canaries, { operator, cluster }: Tokens): string {
  const content = {
    operators: [operator],
    clusters: { local: [cluster], other: [otherToken(canaries)] },
  }
  return `${manifestsFolder({ 'tokens.yaml': JSON.stringify(content) })}/tokens.yaml`
}

function otherToken(canaries: Canaries): string {
  return canaries.plant('token of another cluster')
}

/** Deliveries; one that is tried again is decided again. */
function decidedBy(relay: RelayProcess): ReadonlySet<unknown> {
  return new Set(relay.log().flatMap(({ delivery }) => delivery ?? []))
}

async function textOf(relay: RelayProcess, path: string, init?: RequestInit): Promise<string> {
  return (await relay.fetch(path, init)).text()
}

interface ListPage {
  readonly deliveries: readonly { readonly id: string }[]
  readonly nextCursor?: string
}

async function pagesOf(
  relay: RelayProcess,
  path: string,
  init: RequestInit,
  cursor?: string,
): Promise<readonly string[]> {
  const query = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
  const page = await textOf(relay, `${path}${query}`, init)
  const { nextCursor } = JSON.parse(page) as ListPage
  if (nextCursor === undefined) return [page]
  return [page, ...(await pagesOf(relay, path, init, nextCursor))]
}

/** A cluster that puts its configuration with secrets where they do not belong, and some errors. */
async function configOfAnother(relay: RelayProcess, canaries: Canaries, operator: string) {
  const path = '/v1/clusters/other/config'
  const provider = (name: string, spec: object) => ({ metadata: { name }, spec })
  const address = `https://hooks.test/${canaries.plant('PUT spec.address')}`
  const proxy = `http://bot:${canaries.plant('PUT spec.proxy')}@proxy.test`
  const wrong = `${canaries.plant('PUT spec wrong')}%zz`
  const body = JSON.stringify({
    takenAt: new Date().toISOString(),
    alerts: [],
    providers: [
      ...[...providerTypes.keys()].map((type) => provider(type, { type, address, proxy })),
      provider('wrong-proxy', { type: 'generic', address, proxy: `http://bot:${wrong}@x` }),
      provider('wrong-address', { type: 'generic', address: wrong }),
      provider('wrong-kind', { type: 'generic', address: { [wrong]: 1 }, timeout: wrong }),
    ],
  })
  const headers = { ...bearer(otherToken(canaries)), 'content-type': 'application/json' }
  const put = await relay.fetch(path, { method: 'PUT', headers, body })
  expect(put.status).toBe(200)
  return {
    'PUT config': await put.text(),
    'GET config': await textOf(relay, path, { headers: bearer(operator) }),
  }
}

/** Requests that are refused, with credentials of all kinds in all places. */
async function problems(relay: RelayProcess, { operator, cluster }: Tokens): Promise<string> {
  const signature = { 'x-signature': `sha256=${cluster}` }
  const requests: readonly (readonly [path: string, init: RequestInit])[] = [
    ['/v1/deliveries', { headers: bearer(cluster) }],
    ['/v1/deliveries', { headers: { authorization: operator } }],
    [`/v1/deliveries?token=${operator}`, { headers: bearer(`${operator}x`) }],
    ['/v1/deliveries', { headers: basic('operator', operator) }],
    ['/v1/clusters/other/config', { headers: bearer(cluster) }],
    ['/v1/clusters/other/events', { method: 'POST', headers: bearer(cluster), body: '{}' }],
    ['/v1/clusters/local/events', { method: 'POST', headers: signature, body: '{}' }],
    ['/v1/clusters/local/events', { method: 'POST', headers: bearer(cluster), body: '{' }],
    ['/', { method: 'POST', headers: basic('local', `${cluster}x`), body: '{}' }],
    ['/v1/deliveries/none', { headers: bearer(operator) }],
    ['/nowhere', { headers: bearer(operator) }],
  ]
  const answers = await Promise.all(requests.map(([path, init]) => relay.fetch(path, init)))
  for (const { status } of answers) expect(status).toBeGreaterThanOrEqual(400)
  const texts = answers.map(
    async (answer) => JSON.stringify([...answer.headers]) + (await answer.text()),
  )
  return (await Promise.all(texts)).join('\n')
}

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` }
}

function basic(user: string, password: string): Readonly<Record<string, string>> {
  return { authorization: `Basic ${btoa(`${user}:${password}`)}` }
}
