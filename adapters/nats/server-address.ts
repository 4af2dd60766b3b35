import type { TransportOptions } from '../../relay/ports/http.ts'
import type { NatsMessage } from '../../relay/ports/nats.ts'
import { ConnectError } from '../http/failure.ts'
import type { ServerInfo } from './server-line.ts'

/** The address of a server. */
export interface ServerAddress {
  /** An `http:` URL, of which only host and port matter. */
  readonly destination: URL
  readonly demandsTls: boolean
  /** Whether the server expects TLS before it sends anything. */
  readonly isTlsFirst: boolean
}

const DEFAULT_PORT = '4222'

/** Reads the server of a message. Throws `ConnectError` when it is not a `nats:` or `tls:` URL. */
export function parseServerAddress({ server, tlsFirst = false }: NatsMessage): ServerAddress {
  const url = URL.parse(server)
  const destination = URL.parse(`http://${url?.hostname}:${url?.port || DEFAULT_PORT}`)
  if (url === null || destination === null || !/^(nats|tls):$/.test(url.protocol)) {
    throw new ConnectError('invalid-request', 'the address is not a nats:// or tls:// URL')
  }
  const demandsTls = url.protocol === 'tls:' || tlsFirst
  return { destination, demandsTls, isTlsFirst: tlsFirst }
}

/** Whether nothing may be sent without TLS. */
export function isTlsDemanded({ demandsTls }: ServerAddress, { tls }: TransportOptions): boolean {
  return demandsTls || tls !== undefined
}

/**
 * Whether the connection uses TLS. If the address or certificates ask for TLS, it is used, or there
 * is no connection: INFO is not encrypted, and an attacker could remove the offer of TLS from it.
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
