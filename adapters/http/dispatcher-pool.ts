import { hash } from 'node:crypto'
import type { Dispatcher } from 'undici'
import Pool from 'undici/lib/dispatcher/pool.js'
import type { ConnectionOptions } from '../../relay/ports/http.ts'
import type { AddressGuard } from './address-guard.ts'
import { type ConnectorContext, createConnector, type HostProxy } from './connector.ts'
import { hostPortText } from './dial.ts'
import { proxyAuthorization } from './proxy.ts'
import type { ProxyRules } from './proxy-rules.ts'
import { type ProxyServer, parseProxy } from './proxy-server.ts'

/** The bounds of what is kept open. */
export interface DispatcherPoolOptions extends ConnectorContext {
  /**
   * The most connections, and so the most requests at once, for each destination; further ones
   * wait.
   */
  readonly connectionsPerOrigin: number
  /**
   * The most pools. Beyond that, the cluster with the most pools loses the one that it used longest
   * ago, which closes when its requests are done.
   */
  readonly maxPools: number
  /** The proxies of the host for Providers that name none, and the guard for their addresses. */
  readonly hostProxies?: { readonly rules: ProxyRules; readonly guard: AddressGuard } | undefined
}

/** Sends the requests of one origin. */
export interface OriginDispatcher extends Pick<Dispatcher, 'dispatch'> {
  /** The forwarding proxy that gets whole URLs, as `host:port`. It may answer for itself. */
  readonly forwardProxy: string | undefined
}

/** Keep-alive pools, one for each cluster, origin, certificates and proxy. */
export interface DispatcherPool {
  /** Throws a `ConnectError` for certificates or a proxy URL that cannot be used. */
  get(destination: URL, transport: ConnectionOptions): OriginDispatcher
  /** Destroys all connections, including those in use. */
  destroy(): Promise<void>
}

/**
 * The most bytes of an answer's headers. An answer with more counts as none, so what was sent would be
 * sent again: policies and cookies of some services have more than the 16 KiB that are undici's default.
 */
const MAX_HEADER_BYTES = 64 * 1_024

interface PooledOrigin {
  readonly cluster: string
  readonly pool: InstanceType<typeof Pool>
  readonly route: OriginDispatcher
  readonly destroy: () => Promise<void>
}

export function createDispatcherPool(options: DispatcherPoolOptions): DispatcherPool {
  // In order of use: the first is the one unused for longest.
  const live = new Map<string, PooledOrigin>()
  const retiring = new Set<PooledOrigin>()
  const keyOf = createKeys()

  function evictBeyondBound(): void {
    if (live.size <= options.maxPools) return
    const cluster = largestOf([...live.values()].map((entry) => entry.cluster))
    for (const [key, entry] of live) {
      if (entry.cluster !== cluster) continue
      live.delete(key)
      retiring.add(entry)
      void entry.pool.close().finally(() => retiring.delete(entry))
      return
    }
  }

  return {
    get(destination, transport) {
      const hostProxy = hostProxyOf(destination, transport, options)
      const key = keyOf(destination, transport, hostProxy)
      const known = live.get(key)
      // The only one is the latest already.
      if (known !== undefined && live.size === 1) return known.route
      const entry = known ?? createPooledOrigin(destination, transport, hostProxy, options)
      live.delete(key)
      live.set(key, entry)
      evictBeyondBound()
      return entry.route
    },
    async destroy() {
      const entries = [...live.values(), ...retiring]
      live.clear()
      await Promise.all(entries.map((entry) => entry.destroy()))
    },
  }
}

/** The host's proxy for a destination; undefined when the Provider has its own. */
function hostProxyOf(
  destination: URL,
  { proxyUrl }: ConnectionOptions,
  { hostProxies }: DispatcherPoolOptions,
): HostProxy | undefined {
  const url = proxyUrl === undefined ? hostProxies?.rules.proxyFor(destination) : undefined
  return hostProxies && url !== undefined ? { url, guard: hostProxies.guard } : undefined
}

/**
 * Makes the keys of pools. Secrets are hashed in them, so that they are not kept longer than the pool
 * needs them. The last key without secrets is kept: most requests go where the one before went, and a
 * text that is made anew is looked up by its characters.
 */
function createKeys() {
  let last = { destination: undefined as URL | undefined, cluster: '', route: '' }
  return (
    destination: URL,
    { tls, proxyUrl, cluster = '' }: ConnectionOptions,
    hostProxy: HostProxy | undefined,
  ): string => {
    if (last.destination !== destination || last.cluster !== cluster) {
      last = { destination, cluster, route: `${cluster} ${destination.origin}` }
    }
    const { route } = last
    if (!tls && proxyUrl === undefined && !hostProxy) return route
    return `${route} ${secretKeyOf(tls ?? {}, proxyUrl, hostProxy)}`
  }
}

/** The name that occurs most often. */
function largestOf(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  const most = Math.max(...counts.values())
  return [...counts].find(([, count]) => count === most)?.[0]
}

function secretKeyOf(
  tls: NonNullable<ConnectionOptions['tls']>,
  proxyUrl: string | undefined,
  hostProxy: HostProxy | undefined,
): string {
  const texts = [tls.ca, tls.cert, tls.key, proxyUrl, hostProxy?.url]
  const parts = texts.map((part) => part ?? null)
  return hash('sha256', JSON.stringify(parts), 'base64')
}

function createPooledOrigin(
  destination: URL,
  transport: ConnectionOptions,
  hostProxy: HostProxy | undefined,
  options: DispatcherPoolOptions,
): PooledOrigin {
  const proxy = forwardProxyOf(destination, transport.proxyUrl ?? hostProxy?.url)
  const isForwarded = proxy !== undefined
  const connector = createConnector(destination, transport, options, { hostProxy, isForwarded })
  const pool = new Pool(destination.origin, {
    connect: connector.connect,
    connections: options.connectionsPerOrigin,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    // The deadline of each exchange bounds these.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const destroy = () => {
    connector.abandon()
    return pool.destroy()
  }
  const { cluster = '' } = transport
  return { cluster, pool, route: routeOver(pool, destination, proxy), destroy }
}

/**
 * The proxy that gets the whole URL of a plain destination, as HTTP clients do: some proxies allow
 * CONNECT for TLS only. RFC 9112, section 3.2.2.
 */
function forwardProxyOf({ protocol }: URL, proxyUrl: string | undefined): ProxyServer | undefined {
  if (protocol !== 'http:' || proxyUrl === undefined) return undefined
  const proxy = parseProxy(proxyUrl)
  return proxy.protocol === 'socks5:' ? undefined : proxy
}

function routeOver(
  pool: PooledOrigin['pool'],
  { origin }: URL,
  proxy: ProxyServer | undefined,
): OriginDispatcher {
  if (proxy === undefined) {
    return {
      forwardProxy: undefined,
      dispatch: (request, handler) => pool.dispatch(request, handler),
    }
  }
  const credentials = proxyAuthorization(proxy.credentials)
  return {
    forwardProxy: hostPortText(proxy.address),
    dispatch(request, handler) {
      const headers = {
        ...Object.fromEntries(Object.entries(request.headers ?? {})),
        ...credentials,
      }
      return pool.dispatch({ ...request, path: `${origin}${request.path}`, headers }, handler)
    },
  }
}
