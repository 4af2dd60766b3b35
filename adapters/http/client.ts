import { rememberLast } from '../../relay/model/last-result.ts'
import {
  type ConnectionOptions,
  type HttpClient,
  type HttpResponse,
  MAX_RESPONSE_BYTES,
  type OutboundRequest,
  type TransportFailure,
  type TransportOptions,
} from '../../relay/ports/http.ts'
import { type AddressGuardOptions, createAddressGuard } from './address-guard.ts'
import { createDispatcherPool, type OriginDispatcher } from './dispatcher-pool.ts'
import { exchange } from './exchange.ts'
import { ConnectError, failureOf } from './failure.ts'
import { type Resolve, resolveBySystem } from './guarded-lookup.ts'
import type { ProxyRules } from './proxy-rules.ts'
import { openStream, type StreamedResponse, type StreamRequest } from './stream.ts'

export interface HttpClientOptions extends AddressGuardOptions {
  /** The `User-Agent` of requests that set none. */
  readonly userAgent: string
  /** The most requests at once to one destination; further ones wait. The default is 10. */
  readonly connectionsPerOrigin?: number
  /**
   * The most destinations (cluster, origin, certificates, proxy) whose connections are kept. The
   * default is 512.
   */
  readonly maxPools?: number
  /** The time to make one connection, in milliseconds. The default is 30,000. */
  readonly connectTimeoutMs?: number
  /** Resolves names; the default is the system's resolver. */
  readonly resolve?: Resolve
  /** The proxies of the host's environment, for requests whose transport names none. */
  readonly proxies?: ProxyRules
  /**
   * The trusted root certificates as PEM texts, for transports without a CA; the default are
   * Node's.
   */
  readonly roots?: readonly string[]
}

/** An `HttpClient` that holds connections open. */
export interface ClosableHttpClient extends HttpClient {
  /**
   * Sends a GET whose answer is read as it arrives. It occupies one of the destination's
   * connections until its end. Rejects with `StreamError`, or with `ConnectError` for an address
   * that cannot be used.
   */
  stream(request: StreamRequest, transport: ConnectionOptions): Promise<StreamedResponse>
  /**
   * Waits for the requests under way, and then closes every connection. `send` rejects from now on.
   */
  close(): Promise<void>
  /**
   * Closes every connection at once. Requests under way end as failures. `send` rejects from now on.
   */
  destroy(): Promise<void>
}

/**
 * The only outbound client: every request of every provider goes through it, and every socket
 * through its address guard. It uses HTTP/1.1 with keep-alive, does not follow redirects, and
 * decompresses only for requests that say so. Throws when an option is not valid.
 */
export function createHttpClient(options: HttpClientOptions): ClosableHttpClient {
  const { proxies: rules } = options
  const pools = createDispatcherPool({
    guard: createAddressGuard(options),
    roots: options.roots,
    // A proxy of the host is mostly at a private address.
    hostProxies: rules && {
      rules,
      guard: createAddressGuard({ ...options, allowPrivate: true }),
    },
    resolve: options.resolve ?? resolveBySystem,
    connectTimeoutMs: options.connectTimeoutMs ?? 30_000,
    connectionsPerOrigin: options.connectionsPerOrigin ?? 10,
    maxPools: options.maxPools ?? 512,
  })
  const underWay = new Set<Promise<unknown>>()
  let closed = false

  /** Throws a `ConnectError` for a request that cannot begin. */
  function begin(request: OutboundRequest, transport: TransportOptions): Promise<Result> {
    const url = parseDestination(request.url)
    const dispatchOptions = {
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers: headersOf(request, options.userAgent),
      body: request.body,
    }
    const route = pools.get(url, transport)
    const exchanged = exchange(route, dispatchOptions, {
      timeoutMs: transport.timeoutMs,
      maxBytes: request.maxResponseBytes ?? MAX_RESPONSE_BYTES,
      gunzips: request.acceptsGzip === true,
    })
    // Without a proxy there is nothing to look for, and no promise more.
    if (route.forwardProxy === undefined) return exchanged
    return exchanged.then((result) => ofProxy(result, route) ?? result)
  }

  return {
    send(request, transport) {
      if (closed) return Promise.reject(new Error('the HTTP client is closed'))
      try {
        const result = begin(request, transport)
        underWay.add(result)
        const ended = () => underWay.delete(result)
        result.then(ended, ended)
        return result
      } catch (error) {
        if (error instanceof ConnectError) return Promise.resolve(failureOf(error, false))
        return Promise.reject(error)
      }
    },
    async stream(request, transport) {
      if (closed) throw new Error('the HTTP client is closed')
      const pool = pools.get(parseDestination(request.url), transport)
      return openStream(pool, {
        ...request,
        headers: withUserAgent(request.headers, options.userAgent),
      })
    },
    async close() {
      closed = true
      await Promise.allSettled(underWay)
      await pools.destroy()
    },
    async destroy() {
      closed = true
      await pools.destroy()
    },
  }
}

type Result = HttpResponse | TransportFailure

/** The failure that a forwarding proxy reports about itself. */
function ofProxy(result: Result, { forwardProxy }: OriginDispatcher): TransportFailure | undefined {
  if (forwardProxy === undefined || result.kind !== 'response' || result.status !== 407) {
    return undefined
  }
  const detail = `proxy ${forwardProxy}: it answers HTTP 407: check its credentials`
  return { kind: 'failure', cause: 'proxy', mayHaveArrived: false, detail }
}

const parseUrl = rememberLast((text) => URL.parse(text))

function parseDestination(text: string): URL {
  const url = parseUrl(text)
  if (url === null) throw new ConnectError('invalid-request', 'the address is not a URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const detail = `the address starts with ${url.protocol}, expected http: or https:`
    throw new ConnectError('invalid-request', detail)
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConnectError('invalid-request', 'the address has credentials in it')
  }
  return url
}

function headersOf(request: OutboundRequest, userAgent: string): Record<string, string> {
  const headers = withUserAgent(request.headers, userAgent)
  return request.acceptsGzip === true ? { ...headers, 'accept-encoding': 'gzip' } : headers
}

function withUserAgent(
  headers: Readonly<Record<string, string>>,
  userAgent: string,
): Record<string, string> {
  const isSet = Object.keys(headers).some((name) => name.toLowerCase() === 'user-agent')
  return isSet ? { ...headers } : { 'user-agent': userAgent, ...headers }
}
