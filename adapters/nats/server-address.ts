import type { TransportOptions } from '../../relay/ports/http.ts'
import type { NatsMessage } from '../../relay/ports/nats.ts'
import { ConnectError } from '../http/failure.ts'
import type { ServerInfo } from './server-line.ts'

/** Where a server is. */
export interface ServerAddress {
  /** An `http:` URL, of which host and port count. */
  readonly destination: URL
  readonly demandsTls: boolean
  /** It wants TLS before it says anything. */
  readonly isTlsFirst: boolean
}

const DEFAULT_PORT = '4222'

/** Reads a message's server. Throws a `ConnectError` when it is no `nats:` or `tls:` URL. */
export function parseServerAddress({ server, tlsFirst = false }: NatsMessage): ServerAddress {
  const url = URL.parse(server)
  const destination = URL.parse(`http://${url?.hostname}:${url?.port || DEFAULT_PORT}`)
  if (url === null || destination === null || !/^(nats|tls):$/.test(url.protocol)) {
    throw new ConnectError('invalid-request', 'the address is not a nats:// or tls:// URL')
  }
  const demandsTls = url.protocol === 'tls:' || tlsFirst
  return { destination, demandsTls, isTlsFirst: tlsFirst }
}

/** Whether the connection may carry nothing in the clear. */
export function isTlsDemanded({ demandsTls }: ServerAddress, { tls }: TransportOptions): boolean {
  return demandsTls || tls !== undefined
}

/**
 * Whoever asks for TLS, by the address or by certificates, gets it or no connection: INFO comes in
 * the clear, where anyone on the way can take the offer of TLS out of it.
 */
export function wantsTls(
  server: ServerAddress,
  transport: TransportOptions,
  info: ServerInfo,
): boolean {
  const isDemanded = isTlsDemanded(server, transport)
  if (isDemanded && !info.tlsRequired && !info.tlsAvailable) {
    throw new ConnectError('tls', 'the server offers no TLS')
  }
  return isDemanded || info.tlsRequired
}
