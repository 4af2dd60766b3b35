import { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { Dispatcher } from 'undici'
import Client from 'undici/lib/dispatcher/client.js'
import type { TransportFailureCause } from '../../relay/ports/http.ts'
import { type DialContext, dial, type HostPort, hostPortText } from './dial.ts'
import { ConnectError, codeOf } from './failure.ts'
import type { ProxyCredentials, ProxyServer } from './proxy-server.ts'
import { openSocksTunnel } from './socks5.ts'
import { secure } from './tls.ts'

/**
 * Opens a connection to the target through the proxy. `secureContext` is for an `https:` proxy.
 * Rejects with `ConnectError`, with the cause `proxy` unless the proxy's address is refused or the
 * time is over.
 */
export async function openTunnel(
  proxy: ProxyServer,
  target: HostPort,
  secureContext: SecureContext | undefined,
  context: DialContext,
): Promise<Socket> {
  try {
    return proxy.protocol === 'socks5:'
      ? await socksTunnel(proxy, target, context)
      : await connectTunnel(proxy, target, secureContext, context)
  } catch (error) {
    throw proxyError(error, proxy)
  }
}

/**
 * Opens a connection to an `http:` or `https:` proxy itself, for requests with whole URLs. Rejects
 * as `openTunnel` does.
 */
export async function openForward(
  proxy: ProxyServer,
  secureContext: SecureContext | undefined,
  context: DialContext,
): Promise<Socket> {
  try {
    return await openProxy(proxy, secureContext, context)
  } catch (error) {
    throw proxyError(error, proxy)
  }
}

/** The causes of failures that say nothing about the proxy. */
const ABOUT_NO_PROXY: ReadonlySet<TransportFailureCause> = new Set(['timeout', 'host'])

function proxyError(error: unknown, { address }: ProxyServer): ConnectError {
  const known = error instanceof ConnectError
  if (known && ABOUT_NO_PROXY.has(error.failureCause)) return error
  const cause = known && error.failureCause === 'address-refused' ? 'address-refused' : 'proxy'
  const detail = known ? error.message : `no valid answer from it (${codeOf(error)})`
  return new ConnectError(cause, `proxy ${hostPortText(address)}: ${detail}`)
}

async function socksTunnel(
  proxy: ProxyServer,
  target: HostPort,
  context: DialContext,
): Promise<Socket> {
  const socket = await dial(proxy.address, context)
  const abort = () => socket.destroy(context.signal.reason)
  context.signal.addEventListener('abort', abort)
  try {
    await openSocksTunnel(socket, target, proxy.credentials)
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    context.signal.removeEventListener('abort', abort)
  }
}

/** Sends CONNECT: RFC 9110, section 9.3.6. */
async function connectTunnel(
  proxy: ProxyServer,
  target: HostPort,
  secureContext: SecureContext | undefined,
  context: DialContext,
): Promise<Socket> {
  const { protocol, address } = proxy
  const authority = hostPortText(target)
  const client = new Client(`${protocol}//${hostPortText(address)}`, {
    // The signal bounds it.
    headersTimeout: 0,
    connect: (_options, callback) => {
      openProxy(proxy, secureContext, context).then(
        (socket) => callback(null, socket),
        (error) => callback(error, null),
      )
    },
  })
  try {
    const headers = { host: authority, ...proxyAuthorization(proxy.credentials) }
    const { status, socket } = await requestTunnel(client, authority, headers, context.signal)
    if (status >= 200 && status < 300) return socket
    socket.destroy()
    throw new ConnectError('proxy', `it answers CONNECT ${authority} with ${statusText(status)}`)
  } finally {
    void client.destroy()
  }
}

function requestTunnel(
  client: Pick<Dispatcher, 'dispatch'>,
  authority: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly socket: Socket }> {
  return new Promise((resolve, reject) => {
    const request = { method: 'CONNECT', path: authority, headers } as const
    client.dispatch(request, {
      onRequestStart(controller) {
        const abort = () => controller.abort(signal.reason)
        signal.addEventListener('abort', abort)
        if (signal.aborted) abort()
      },
      onRequestUpgrade(_controller, status, _headers, socket) {
        if (socket instanceof Socket) resolve({ status, socket })
      },
      onResponseError: (_controller, error) => reject(error),
    })
  })
}

async function openProxy(
  { address }: ProxyServer,
  secureContext: SecureContext | undefined,
  context: DialContext,
): Promise<Socket> {
  const socket = await dial(address, context)
  if (secureContext === undefined) return socket
  return secure(socket, address.host, secureContext, context.signal)
}

/** The header with the proxy's credentials: RFC 9110, section 11.7.1. */
export function proxyAuthorization(credentials?: ProxyCredentials): Record<string, string> {
  if (credentials === undefined) return {}
  const pair = `${credentials.username}:${credentials.password}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

function statusText(status: number): string {
  return status === 407 ? 'HTTP 407: check its credentials' : `HTTP ${status}`
}
