/**
 * Why a relay cannot be reached, with what a person may do about it. The error of a name with several
 * addresses has no text, so each address's is told.
 */
export function unreachableReason(error: unknown): string {
  const errors: readonly Error[] = error instanceof AggregateError ? error.errors : [error as Error]
  return errors.map(textOf).join(', ')
}

function textOf({ name, message, code = '' }: Error & { readonly code?: string }): string {
  if (name === 'TimeoutError') return 'no answer came in time'
  if (UNTRUSTED.has(code)) {
    return `its certificate is not trusted here (${code}); NODE_EXTRA_CA_CERTS=FILE adds the CA of a PEM file`
  }
  // What Node says of it is a line of OpenSSL's sources.
  if (code === 'EPROTO') {
    return 'the TLS handshake failed (EPROTO); without a proxy in front of it a relay speaks http://'
  }
  // So is what it says of an alert of the other side, which this code names.
  if (code.startsWith('ERR_SSL_')) return `TLS failed (${code})`
  return message
}

/**
 * OpenSSL's codes for a certificate whose root is not known:
 * https://docs.openssl.org/master/man1/openssl-verification-options/#diagnostics
 */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])
