import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { buildConnector } from 'undici'
import type { ConnectionOptions, TlsOptions } from '../../relay/ports/http.ts'
import type { AddressGuard } from './address-guard.ts'
import { type DialContext, dial, type HostPort, hostPortOf, refuseLiteral } from './dial.ts'
import { ConnectError } from './failure.ts'
import type { Resolve } from './guarded-lookup.ts'
import { openForward, openTunnel } from './proxy.ts'
import { type ProxyServer, parseProxy } from './proxy-server.ts'
import { proxySecureContextOf, secure, secureContextOf } from './tls.ts'

/** The options that all connections of a client share. */
export interface ConnectorContext {
  readonly guard: AddressGuard
  readonly resolve: Resolve
  /**
   * The trusted root certificates as PEM texts, if the Provider has no CA; the default are Node's.
   */
  readonly roots?: readonly string[] | undefined
  /** The time to make one connection, in milliseconds. */
  readonly connectTimeoutMs: number
}

/** Makes the connections of one pool. */
export interface Connector {
  readonly connect: buildConnector.connector
  /** Gives up the connections that are being made. */
  abandon(): void
}

/** What is special about a route: a proxy, or how it is used. */
export interface RouteOptions {
  /** The proxy of the host, for a Provider that names none. */
  readonly hostProxy?: HostProxy | undefined
  /** Whether the connection ends at an `http:` or `https:` proxy, which gets whole URLs. */
  readonly isForwarded?: boolean
}

/** A proxy of the host's own. It may have an address that a Provider must not send to. */
export interface HostProxy {
  readonly url: string
  readonly guard: AddressGuard
}

interface Proxied {
  readonly server: ProxyServer
  readonly tls: SecureContext | undefined
  readonly guard: AddressGuard
  readonly isForwarded: boolean
}

interface ConnectionTarget {
  readonly destination: URL
  readonly tls: SecureContext | undefined
  readonly proxy: Proxied | undefined
}

/** Makes a connector. Throws `ConnectError` for certificates or a proxy URL that cannot be used. */
export function createConnector(
  destination: URL,
  { tls = {}, proxyUrl, cluster }: ConnectionOptions,
  { guard, resolve, roots, connectTimeoutMs }: ConnectorContext,
  { hostProxy, isForwarded = false }: RouteOptions = {},
): Connector {
  const proxy = proxyUrl === undefined ? hostProxy : { url: proxyUrl, guard }
  const route: ConnectionTarget = {
    destination,
    tls: destination.protocol === 'https:' ? secureContextOf(tls, roots) : undefined,
    proxy: proxy && { ...proxyOf(proxy.url, tls, roots), guard: proxy.guard, isForwarded },
  }
  const attempts = new Set<AbortController>()

  const attempt = async (): Promise<Socket> => {
    const controller = new AbortController()
    const timeout = new ConnectError('timeout', `not connected within ${connectTimeoutMs} ms`)
    const timer = setTimeout(() => controller.abort(timeout), connectTimeoutMs)
    attempts.add(controller)
    try {
      return await open(route, {
        guard,
        resolve: (hostname) => resolve(hostname, cluster),
        signal: controller.signal,
      })
    } finally {
      clearTimeout(timer)
      attempts.delete(controller)
    }
  }

  return {
    connect: (_options, callback) => {
      attempt().then(
        (socket) => callback(null, socket),
        (error) => callback(error, null),
      )
    },
    abandon: () => {
      for (const controller of attempts) {
        controller.abort(new ConnectError('connect', 'the client is closed'))
      }
    },
  }
}

function proxyOf(proxyUrl: string, tls: TlsOptions, roots: ConnectorContext['roots']) {
  const server = parseProxy(proxyUrl)
  const isSecure = server.protocol === 'https:'
  return { server, tls: isSecure ? proxySecureContextOf(tls, roots) : undefined }
}

async function open(
  { destination, tls, proxy }: ConnectionTarget,
  context: DialContext,
): Promise<Socket> {
  const target = hostPortOf(destination)
  const socket = await (proxy === undefined
    ? dial(target, context)
    : dialThrough(proxy, target, context))
  return tls === undefined ? socket : secure(socket, target.host, tls, context.signal)
}

async function dialThrough(
  { server, tls, guard, isForwarded }: Proxied,
  target: HostPort,
  context: DialContext,
): Promise<Socket> {
  // A name is resolved by the proxy, where this guard has no say.
  refuseLiteral(target, context.guard)
  const toProxy = { ...context, guard }
  return isForwarded ? openForward(server, tls, toProxy) : openTunnel(server, target, tls, toProxy)
}
