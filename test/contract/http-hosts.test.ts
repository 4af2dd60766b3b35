import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createIngest } from '../../functions/ingest/ingest.ts'
import { createReconcileConfig } from '../../functions/reconcile-config/reconcile-config.ts'
import { createClusterAccess } from '../../functions/shared/cluster-access.ts'
import { tokenHash } from '../../relay/api/credentials.ts'
import { annotated } from '../relay/pipeline/rules/annotated.ts'
import { event } from '../support/delivery-records.ts'
import { OPERATOR, PROD, startRelay, TOKENS } from '../support/embedded-server.ts'
import { type HttpApiRequest, httpApiEvent } from '../support/http-api-event.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'
import { alert } from '../support/relay-harness.ts'

interface HostAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: unknown
}
type Ask = (request: HttpApiRequest) => Promise<HostAnswer>

interface Host {
  readonly ask: Ask
  readonly ports: MemoryPorts
}

/** Headers that the route table decides, not what carries the answer. */
const DECIDED = [
  'content-type',
  'cache-control',
  'x-content-type-options',
  'www-authenticate',
  'retry-after',
  'allow',
]

function answerOf(status: number, headers: object, body: string): HostAnswer {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  const decided = lower.filter(([name]) => DECIDED.includes(name))
  return { status, headers: Object.fromEntries(decided), body: body === '' ? '' : JSON.parse(body) }
}

async function embedded(noCrossNamespaceRefs = false): Promise<Host> {
  const explaining = { noCrossNamespaceRefs }
  const { call, ports } = await startRelay({ tokens: TOKENS, explaining })
  const ask: Ask = async ({ method, resource, cluster, headers = {}, body }) => {
    const path = `/v1/clusters/${encodeURIComponent(cluster)}/${resource}`
    const sent = { headers: { 'content-type': 'application/json', ...headers } }
    const reply = await call(method, path, body === undefined ? sent : { ...sent, body })
    return answerOf(reply.status, reply.headers, reply.text)
  }
  return { ask, ports }
}

async function functions(noCrossNamespaceRefs = false): Promise<Host> {
  const ports = memoryPorts()
  const read = async (name: string) => {
    const tokens = TOKENS.clusters.get(name)
    return tokens && { hashes: tokens.map(tokenHash), keys: async () => tokens }
  }
  const ignore = () => undefined
  const followedSets = { unfollowed: async () => undefined, follow: async () => undefined }
  const parts = {
    ...{ noCrossNamespaceRefs, timeLeftMs: () => 29_000 },
    ...{ ports: { ...ports, followedSets }, access: createClusterAccess({ read }, ports.clock) },
    ...{ log: { info: ignore, warn: ignore, error: ignore }, onFailed: ignore, onRefused: ignore },
  }
  const [ingest, reconcileConfig] = [createIngest(parts), createReconcileConfig(parts)]
  const ask: Ask = async (request) => {
    const handle = request.resource === 'events' ? ingest : reconcileConfig
    const { statusCode = 0, headers = {}, body = '' } = await handle(httpApiEvent(request))
    return answerOf(statusCode, headers, body)
  }
  return { ask, ports }
}

const BATCH = JSON.stringify([event(), event('other')])
const CONFIG = JSON.stringify({ takenAt: '2026-11-20T09:14:03Z', alerts: [], providers: [] })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const signed = (body: string, key: string) => ({
  'x-signature': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
})
const events = (headers: Readonly<Record<string, string>>, body: string | Uint8Array = BATCH) =>
  ({ method: 'POST', resource: 'events', cluster: 'prod', headers, body }) as const
const config = (headers: Readonly<Record<string, string>>, body?: string): HttpApiRequest => {
  const asked = { method: 'GET', resource: 'config', cluster: 'prod', headers } as const
  return body === undefined ? asked : { ...asked, method: 'PUT', body }
}

const REQUESTS: readonly (readonly [string, number, HttpApiRequest])[] = [
  ['a batch with a token', 202, events(bearer(PROD))],
  ['a batch with the second token', 202, events(bearer('prod:token:2'))],
  ['a batch with a signature', 202, events(signed(BATCH, PROD))],
  [
    'a batch with a wrong token and a signature',
    202,
    events({ ...bearer('x'), ...signed(BATCH, PROD) }),
  ],
  ['a batch with a signature of other bytes', 401, events(signed('other', PROD))],
  [
    'a batch with a signature by a token of another cluster',
    401,
    events(signed(BATCH, 'staging-token')),
  ],
  ['a batch without a credential', 401, events({})],
  ['a batch with an operator’s token', 401, events(bearer(OPERATOR))],
  ['a batch of an unknown cluster', 401, { ...events(bearer(PROD)), cluster: 'nope' }],
  ['a batch of no possible cluster', 400, { ...events(bearer(PROD)), cluster: 'a/b' }],
  ['a batch of a name in capitals', 400, { ...events(bearer(PROD)), cluster: 'Prod' }],
  ['no JSON', 400, events(bearer(PROD), '{')],
  ['an empty body', 400, events(bearer(PROD), '')],
  ['nothing good', 400, events(bearer(PROD), '[1, {}]')],
  ['no encoding that is known', 415, events({ ...bearer(PROD), 'content-encoding': 'br' })],
  ['a body that is too large', 413, events(bearer(PROD), ' '.repeat(3 * 2 ** 20 + 1))],
  ['a signed body that is too large', 413, events(signed('', PROD), ' '.repeat(3 * 2 ** 20 + 1))],
  ['a configuration', 200, config(bearer(PROD), CONFIG)],
  ['a configuration that is no object', 400, config(bearer(PROD), '[]')],
  ['a configuration without its fields', 400, config(bearer(PROD), '{}')],
  ['a configuration without a token', 401, config({}, CONFIG)],
  ['a configuration that is older', 409, config(bearer(PROD), CONFIG.replace('09:14', '09:13'))],
  ['the configuration, asked for by the cluster', 200, config(bearer(PROD))],
  [
    'a configuration that is not there',
    404,
    { ...config(bearer('staging-token')), cluster: 'staging' },
  ],
]

describe('both hosts', () => {
  it('answer every request alike, in status, headers and body', async () => {
    const hosts = await Promise.all([embedded(), functions()])
    for (const [name, status, request] of REQUESTS) {
      const [here, onAws] = await Promise.all(hosts.map(({ ask }) => ask(request)))
      expect({ name, ...onAws }).toEqual({ name, ...here })
      expect([name, here?.status]).toEqual([name, status])
    }
  })

  it('keep the version that a shipper tells with a configuration, and of nobody else', async () => {
    for (const { ask, ports } of await Promise.all([embedded(), functions()])) {
      const put = (agent: string, minute: number) =>
        ask(
          config({ ...bearer(PROD), 'user-agent': agent }, CONFIG.replace('09:14', `09:${minute}`)),
        )
      expect((await put('flux-relay/0.1.0', 10)).status).toBe(200)
      expect((await put('curl/8.5.0', 11)).status).toBe(200)
      expect(await ports.configs.summaries()).toMatchObject([
        {
          takenAt: Date.parse('2026-11-20T09:11:03Z'),
          heardAt: Date.parse('2026-11-20T09:10:03Z'),
          shipper: '0.1.0',
        },
      ])
    }
  })

  it('deny an Alert a Provider of another namespace, when the option forbids it', async () => {
    const crossing = annotated(alert('a', 'none'), { provider: 'platform/p' })
    const body = CONFIG.replace('"alerts":[]', `"alerts":[${JSON.stringify(crossing)}]`)
    for (const [forbids, reason] of [
      [false, 'ProviderNotFound'],
      [true, 'AccessDenied'],
    ] as const) {
      for (const { ask } of await Promise.all([embedded(forbids), functions(forbids)])) {
        const answer = await ask(config(bearer(PROD), body))
        expect(answer.body).toMatchObject({ objects: [{ ready: false, reason }] })
      }
    }
  })

  it('name an operator only where there are operators', async () => {
    const hosts = await Promise.all([embedded(), functions()])
    const answers = await Promise.all(hosts.map(({ ask }) => ask(config({}))))
    expect(answers.map(({ body }) => (body as { detail: string }).detail)).toEqual([
      'expected Authorization: Bearer with a token of the cluster prod or an operator',
      'expected Authorization: Bearer with a token of the cluster prod',
    ])
  })
})
