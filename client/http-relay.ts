import type { Answer } from '../relay/api/answer.ts'
import type { RequestBody } from '../relay/api/body.ts'
import { TOKEN_FORM } from '../relay/api/credentials.ts'
import type { OpenedStream, StreamRequests } from './delivery-changes.ts'
import { exchange, openStream } from './http-exchange.ts'
import type { OverviewRequests } from './overview-requests.ts'
import { clusterPath } from './paths.ts'
import type { QuarantineRequests } from './quarantine.ts'
import type { MetricsRequests } from './relay-version.ts'
import type { RelayRequests } from './requests.ts'
import { unreachableReason } from './unreachable.ts'
import { UsageError } from './usage-error.ts'

/** The environment variable that holds the token. */
export const TOKEN_VARIABLE = 'FLUX_RELAY_TOKEN'

const TIMEOUT_MS = 30_000

/** A stream says every 15 seconds that it is still there. */
const IDLE_MS = 60_000

/** A test takes 50 s at most, unless another one goes before it. */
const TEST_TIMEOUT_MS = 90_000

type Send = (
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: RequestBody,
  timeoutMs?: number,
) => Promise<Answer>

/**
 * The embedded relay at `url`. `token` is an operator's. For a configuration and for events it is
 * the cluster's.
 */
export function createHttpRelay(
  url: string,
  token: string | undefined,
): RelayRequests & OverviewRequests & StreamRequests & QuarantineRequests & MetricsRequests {
  const connection = connectionTo(url, token)
  const send = createSend(connection)
  const delivery = (id: string) => `/v1/deliveries/${encodeURIComponent(id)}`
  const silences = (cluster: string) => `${clusterPath(cluster)}/silences`
  return {
    putConfig: (name, body) => send('PUT', `${clusterPath(name)}/config`, body),
    showConfig: (name) => send('GET', `${clusterPath(name)}/config`),
    postEvents: (name, body) => send('POST', `${clusterPath(name)}/events`, body),
    putSecret: (name, ...[namespace, secret, body]) =>
      send(
        'PUT',
        `${clusterPath(name)}/secrets/${[namespace, secret].map(encodeURIComponent).join('/')}`,
        body,
      ),
    putFleetConfig: (body) => send('PUT', '/v1/fleet/config', body),
    showFleetConfig: () => send('GET', '/v1/fleet/config'),
    putFleetSecret: (name, body) =>
      send('PUT', `/v1/fleet/secrets/${encodeURIComponent(name)}`, body),
    listEvents: (parameters) => send('GET', `/v1/events?${parameters}`),
    showEvent: (id, parameters) =>
      send('GET', `/v1/events/${encodeURIComponent(id)}?${parameters}`),
    explainEvent: (body) => send('POST', '/v1/explain', body),
    testProvider: (namespace, name, body) =>
      send(
        'POST',
        `/v1/providers/${[namespace, name].map(encodeURIComponent).join('/')}/test`,
        body,
        TEST_TIMEOUT_MS,
      ),
    showOverview: () => send('GET', '/v1/overview'),
    listObjects: (name, parameters) => send('GET', `${clusterPath(name)}/objects?${parameters}`),
    listClusters: () => send('GET', '/v1/clusters'),
    listDeliveries: (parameters) => send('GET', `/v1/deliveries?${parameters}`),
    openDeliveries: (parameters, lastEventId) => open(connection, parameters, lastEventId),
    showDelivery: (id) => send('GET', delivery(id)),
    replayDelivery: (id) => send('POST', `${delivery(id)}/replay`),
    dismissDelivery: (id, body) => send('POST', `${delivery(id)}/dismiss`, body),
    listSilences: (name) => send('GET', silences(name)),
    createSilence: (name, body) => send('POST', silences(name), body),
    expireSilence: (name, id) => send('POST', `${silences(name)}/${encodeURIComponent(id)}/expire`),
    listQuarantine: (parameters) => send('GET', `/v1/quarantine?${parameters}`),
    replayQuarantine: () => send('POST', '/v1/quarantine/replay'),
    readMetrics: () => send('GET', '/metrics'),
  }
}

/** Where a relay is, and who asks it. */
interface Connection {
  readonly base: URL
  readonly headers: Readonly<Record<string, string>>
}

function connectionTo(url: string, token: string | undefined): Connection {
  const credential = readToken(token)
  return {
    base: readUrl(url),
    headers: { ...(credential !== undefined && { authorization: `Bearer ${credential}` }) },
  }
}

function createSend({ base, headers }: Connection): Send {
  return async (method, path, body, timeoutMs = TIMEOUT_MS) => {
    return exchange({
      ...{ method, url: new URL(`.${path}`, base), body, timeoutMs },
      headers: { ...headers, ...(body?.contentType && { 'content-type': body.contentType }) },
    }).catch((error: unknown) => unreachable(base, error))
  }
}

function open(
  { base, headers }: Connection,
  parameters: URLSearchParams,
  lastEventId: string | undefined,
): Promise<OpenedStream> {
  return openStream({
    method: 'GET',
    url: new URL(`./v1/deliveries/stream?${parameters}`, base),
    headers: { ...headers, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
    timeoutMs: TIMEOUT_MS,
    idleMs: IDLE_MS,
  }).catch((error: unknown) => unreachable(base, error))
}

function unreachable({ origin }: URL, error: unknown): never {
  const why = `${unreachableReason(error)}; --relay, FLUX_RELAY_URL or a context names another one`
  throw new UsageError(`cannot reach the relay at ${origin}: ${why}`, 1)
}

/**
 * Reads the address of a relay, with a path that ends in a slash, below which the relay's own are. Throws
 * `UsageError`.
 */
export function readUrl(url: string): URL {
  const base = URL.parse(url)
  if (base !== null && (base.username !== '' || base.password !== '')) {
    throw new UsageError(
      `the relay's address: expected no credentials in the URL, but in ${TOKEN_VARIABLE}`,
      2,
    )
  }
  if (base === null || !/^https?:$/.test(base.protocol)) {
    throw new UsageError(
      `the relay's address ${url}: expected a URL such as http://127.0.0.1:8080`,
      2,
    )
  }
  if (!base.pathname.endsWith('/')) base.pathname += '/'
  return base
}

/**
 * Reads the token. It is checked here, because the error of a header that cannot be sent would quote it.
 */
function readToken(token = ''): string | undefined {
  const trimmed = token.trim()
  if (trimmed === '') return undefined
  if (TOKEN_FORM.test(trimmed)) return trimmed
  throw new UsageError(`${TOKEN_VARIABLE}: expected one token of visible ASCII characters`, 2)
}
