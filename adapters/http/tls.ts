import { X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import { connect, createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type { TlsOptions } from '../../relay/ports/http.ts'
import { established } from './dial.ts'
import { ConnectError, tlsErrorText } from './failure.ts'

/**
 * Parses the certificates once for all connections of a pool; `roots` are trusted where there is no
 * CA, Node's own by default. Throws a `ConnectError` for what is
 * no certificate, no key, or a key of another certificate.
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
    return createSecureContext({ ca: ca ?? copyOf(roots), cert, key })
  } catch {
    throw new ConnectError('tls', 'the client certificate and its key are not PEM, or do not match')
  }
}

/** What Node takes; undefined stands for its own roots. */
function copyOf(roots: readonly string[] | undefined): string[] | undefined {
  return roots && [...roots]
}

/**
 * For the connection to a proxy itself. The CA that vouches for the destination may vouch for the
 * proxy too, beside `roots` or else Node's; the client certificate is the destination's alone.
 */
export function proxySecureContextOf({ ca }: TlsOptions, roots?: readonly string[]): SecureContext {
  if (ca === undefined) return createSecureContext({ ca: copyOf(roots) })
  requireCertificate(ca)
  return createSecureContext({ ca: [...(roots ?? getCACertificates('default')), ca] })
}

/**
 * Speaks TLS over an open connection; rejects with a `ConnectError`. `protocols` are those that are
 * offered for what is spoken over it: RFC 7301.
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
    throw new ConnectError('tls', `${host}: ${tlsErrorText(error)}`)
  }
}

/** Node leaves out, without a word, what is no certificate in a CA text. */
function requireCertificate(ca: string): void {
  try {
    new X509Certificate(ca)
  } catch {
    throw new ConnectError('tls', 'the CA is not a PEM certificate')
  }
}
