const UNSAFE_IN_HEADER = /[^\x20-\x7e]+/g

/** A text as a header value. Characters that HTTP does not carry are percent-encoded. */
export function headerValue(text: string): string {
  return text.toWellFormed().replace(UNSAFE_IN_HEADER, encodeURIComponent)
}

/** The headers that belong to the connection, not to the message: RFC 9110, section 7.6.1. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * The Secret's `headers` with names in lower case, so that they override ours. Headers that only
 * the client itself can set are left out; Go's client, which Flux uses, ignores most of them too.
 */
export function secretHeaders(
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => !CONNECTION_HEADERS.has(name)),
  )
}
