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

/** What all connections of a client have in common. */
export interface ConnectorContext {
  readonly guard: AddressGuard
  readonly resolve: Resolve
  /** PEM texts of the roots that are trusted without a CA of the Provider; Node's by default. */
  readonly roots?: readonly string[] | undefined
  /** Bounds the making of one connection, in milliseconds. */
  readonly connectTimeoutMs: number
}

/** Makes the connections of one pool. */
export interface Connector {
  readonly connect: buildConnector.connector
  /** Gives up the connections that are being made. */
  abandon(): void
}

/** How a connection differs from one to the destination, or by the Provider's proxy. */
export interface RouteOptions {
  /** A proxy that the host names, for a Provider that names none. */
  readonly hostProxy?: HostProxy | undefined
  /** Ends at the `http:` or `https:` proxy, which is then sent whole URLs. */
  readonly isForwarded?: boolean
}

/** A proxy of the host's own, which it may have where a Provider may not send. */
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

/** Throws a `ConnectError` for certificates or a proxy URL that cannot be used. */
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
