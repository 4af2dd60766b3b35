import { X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import { connect, createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type { TlsOptions } from '../../relay/ports/http.ts'
import { established } from './dial.ts'
import { ConnectError, tlsErrorText } from './failure.ts'
import { rootedContext } from './rooted-context.ts'

/**
 * Parses the certificates once for all connections of a pool. `roots` are trusted when there is no
 * CA; the default are Node's own. Throws `ConnectError` for an invalid certificate or key, and for
 * a key of another certificate.
 */
export function secureContextOf(
  { ca, cert, key }: TlsOptions,
  roots?: readonly string[],
): SecureContext {
  if ((cert === undefined) !== (key === undefined)) {
    throw new ConnectError('tls', 'a client certificate needs its key, and a key its certificate')
  }
  if (ca !== undefined) requireCertificate(ca)
  try {
    return roots === undefined || ca !== undefined
      ? createSecureContext({ ca, cert, key })
      : rootedContext(roots, { cert, key })
  } catch {
    throw new ConnectError('tls', 'the client certificate and its key are not PEM, or do not match')
  }
}

/**
 * The context for the connection to a proxy itself. The CA of the destination is trusted for the
 * proxy too, in addition to `roots` or Node's own; the client certificate is only for the
 * destination.
 */
export function proxySecureContextOf({ ca }: TlsOptions, roots?: readonly string[]): SecureContext {
  if (ca === undefined) return roots === undefined ? createSecureContext() : rootedContext(roots)
  requireCertificate(ca)
  return rootedContext(roots ?? getCACertificates('default'), { ca })
}

/**
 * Starts TLS on an open connection. Rejects with `ConnectError`. `protocols` are the protocols that
 * are offered: RFC 7301.
 */
export async function secure(
  socket: Socket,
  host: string,
  secureContext: SecureContext,
  signal: AbortSignal,
  protocols: readonly string[] = ['http/1.1'],
): Promise<Socket> {
  const secured = connect({
    socket,
    host,
    // RFC 6066, section 3: no IP address, and no dot at the end.
    servername: isIP(host) === 0 ? host.replace(/\.$/, '') : '',
    secureContext,
    ...(protocols.length > 0 && { ALPNProtocols: [...protocols] }),
    // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED cannot turn it off.
    rejectUnauthorized: true,
  })
  try {
    await established(secured, 'secureConnect', signal)
    return secured
  } catch (error) {
    socket.destroy()
    if (error instanceof ConnectError) throw error
    // Whoever gave up destroyed the connection below first.
    if (signal.aborted) {
      throw new ConnectError('timeout', `${host}: the TLS handshake did not end in time`)
    }
    throw new ConnectError('tls', `${host}: ${tlsErrorText(error)}`)
  }
}

/** Throws when the CA text has no certificate. Node silently leaves out what is not one. */
function requireCertificate(ca: string): void {
  try {
    new X509Certificate(ca)
  } catch {
    throw new ConnectError('tls', 'the CA is not a PEM certificate')
  }
}
