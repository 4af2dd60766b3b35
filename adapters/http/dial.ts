import { connect, isIP, type Socket } from 'node:net'
import type { AddressGuard } from './address-guard.ts'
import { ConnectError, codeOf, ownOr } from './failure.ts'
import { guardedLookup, type Resolve } from './guarded-lookup.ts'

/** The host and port for `net.connect`. An IPv6 address has no brackets. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

/** What every outbound socket needs. */
export interface DialContext {
  readonly guard: AddressGuard
  readonly resolve: Resolve
  /** Aborts the connection attempt. Its reason is the error. */
  readonly signal: AbortSignal
}

/**
 * The time for each address but the last. Node's default, a quarter of a second, is too little for
 * a distant continent.
 */
const ATTEMPT_TIMEOUT_MS = 1_000

/**
 * When keep-alive probes begin: a peer that vanished is found out in a minute, instead of two
 * hours.
 */
const KEEP_ALIVE_DELAY_MS = 30_000

/** Opens a TCP connection; rejects with a `ConnectError`. */
export async function dial(target: HostPort, context: DialContext): Promise<Socket> {
  refuseLiteral(target, context.guard)
  const { host, port } = target
  const socket = connect({
    host,
    port,
    lookup: guardedLookup(context.guard, port, context.resolve),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
    noDelay: true,
  })
  try {
    await established(socket, 'connect', context.signal)
    return socket
  } catch (error) {
    if (error instanceof ConnectError) throw error
    const address = hostPortText(target)
    throw ownOr('connect', error, `cannot connect to ${address} (${codeOf(error)})`)
  }
}

/** Throws when the host is an IP address that the guard refuses; names are judged on look-up. */
export function refuseLiteral({ host, port }: HostPort, guard: AddressGuard): void {
  const reason = isIP(host) === 0 ? undefined : guard(host, port)
  if (reason !== undefined) throw new ConnectError('address-refused', reason)
}

/**
 * Waits for the event that tells that the socket is ready. Destroys the socket when it never comes.
 */
export function established(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<void> {
  // Stays on: between here and the socket's next owner nobody else listens.
  socket.on('error', ignore)
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      signal.removeEventListener('abort', abort)
      socket.off(event, onReady).off('error', onError).off('close', onClose)
      then()
    }
    const abort = () => socket.destroy(signal.reason)
    const onReady = () => settle(resolve)
    const onError = (error: Error) => settle(() => reject(error))
    const onClose = () => settle(() => reject(new Error('closed')))
    socket.on(event, onReady).on('error', onError).on('close', onClose)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
  })
}

function ignore(): void {}

/** `host:port`, with brackets around IPv6. */
export function hostPortText({ host, port }: HostPort): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

/** The host and port of an http or https URL. */
export function hostPortOf(url: URL): HostPort {
  const defaultPort = url.protocol === 'https:' ? 443 : 80
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? defaultPort : Number(url.port),
  }
}
