import type { TransportFailure, TransportFailureCause } from '../../relay/ports/http.ts'

/**
 * The reason why no connection could be made. The message is the failure's `detail`: it names hosts
 * and ports, but no path, credential or header value.
 */
export class ConnectError extends Error {
  override readonly name = 'ConnectError'
  readonly failureCause: TransportFailureCause

  constructor(failureCause: TransportFailureCause, detail: string) {
    super(detail)
    this.failureCause = failureCause
  }
}

/** The codes for a process, or a machine, that has as many files open as it may: open(2). */
const OWN_LIMITS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE'])

/**
 * The failure of something that needs a file of this process, such as a connection or a name look-up: that of the cause
 * `cause`, unless the process has too many open. `detail` says what could not be done.
 */
export function ownOr(cause: TransportFailureCause, error: unknown, detail: string): ConnectError {
  return new ConnectError(OWN_LIMITS.has(codeOf(error)) ? 'host' : cause, detail)
}

/** Maps what undici or Node report to the port's failure. Never throws. */
export function failureOf(error: unknown, mayHaveArrived: boolean): TransportFailure {
  if (error instanceof ConnectError)
    return failure(error.failureCause, mayHaveArrived, error.message)
  const code = codeOf(error)
  if (INVALID_REQUEST_CODES.has(code)) {
    return failure('invalid-request', mayHaveArrived, messageOf(error))
  }
  if (isProtocolError(error, code)) {
    const detail = `the answer is not valid HTTP/1.1 (${messageOf(error)})`
    return failure('protocol', mayHaveArrived, detail)
  }
  if (isTlsCode(code)) return failure('tls', mayHaveArrived, tlsErrorText(error))
  return failure('reset', mayHaveArrived, `the connection closed before an answer came (${code})`)
}

/** Describes a failed TLS handshake for people. */
export function tlsErrorText(error: unknown): string {
  const code = codeOf(error)
  return `${TLS_TEXTS[code] ?? 'the TLS handshake failed'} (${code})`
}

/** Whether a code of Node or OpenSSL is about TLS itself, such as a certificate that is not trusted. */
export function isAboutTls(code: string): boolean {
  return isTlsCode(code) || (code !== 'ECONNRESET' && Object.hasOwn(TLS_TEXTS, code))
}

/**
 * The error's code; `unknown` without one. For an AggregateError it is the code of the first error.
 */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return 'unknown'
}

function failure(
  cause: TransportFailureCause,
  mayHaveArrived: boolean,
  detail: string,
): TransportFailure {
  return { kind: 'failure', cause, mayHaveArrived, detail }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown'
}

const INVALID_REQUEST_CODES: ReadonlySet<string> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
])

const PROTOCOL_CODES: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
])

/** undici's messages for an unexpected 100 or 101. */
const BAD_ANSWER_MESSAGES: ReadonlySet<string> = new Set(['bad response', 'bad upgrade'])

function isProtocolError(error: unknown, code: string): boolean {
  // A parser error has a code for some mistakes only.
  if (error instanceof Error && error.name === 'HTTPParserError') return true
  if (PROTOCOL_CODES.has(code)) return true
  return code === 'UND_ERR_SOCKET' && BAD_ANSWER_MESSAGES.has(messageOf(error))
}

function isTlsCode(code: string): boolean {
  return code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO'
}

/**
 * Texts for OpenSSL's codes:
 * https://docs.openssl.org/master/man1/openssl-verification-options/#diagnostics
 */
const TLS_TEXTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate chain ends in an unknown root, which is self-signed',
  UNABLE_TO_GET_ISSUER_CERT: 'the issuer of the certificate is unknown',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the issuer of the certificate is unknown',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the issuer of the certificate is unknown',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the other side does not speak TLS',
  ECONNRESET: 'the connection closed during the TLS handshake',
}
