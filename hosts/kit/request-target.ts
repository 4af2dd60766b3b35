import type { IncomingMessage } from 'node:http'
import { rememberLast } from '../../relay/model/last-result.ts'

/** What a request asks for. */
export interface RequestTarget {
  /** The scheme and host: `http://localhost:8080`. */
  readonly origin: string
  /** The path without the query, percent-encoded as it was sent. */
  readonly path: string
  /** The text after the question mark; empty without one. */
  readonly query: string
}

/** A path with its query that the URL parser would leave as it is, unless it has a dot segment. */
const PLAIN = /^\/[\w!$&'()*+,\-./:;=?@[\]~%]*$/
const DOT_SEGMENT = /\/\.|%2e/i

/**
 * Reads the target of a request: a path beside the header Host, or a whole URL (RFC 9112, section
 * 3.2). Undefined when there is no valid host or path. The server itself speaks plain HTTP only.
 */
export function readTarget({ url = '', headers }: IncomingMessage): RequestTarget | undefined {
  const [rawPath = ''] = url.split('?', 1)
  // The URL parser would make slashes of them.
  if (rawPath.includes('\\')) return undefined
  if (!url.startsWith('/')) return /^https?:\/\//.test(url) ? targetOf(URL.parse(url)) : undefined
  const origin = originOf(headers.host ?? '')
  if (origin === undefined) return undefined
  if (!PLAIN.test(url) || DOT_SEGMENT.test(url)) return targetOf(URL.parse(`${origin}${url}`))
  return { origin, path: rawPath, query: url.slice(rawPath.length + 1) }
}

function targetOf(url: URL | null): RequestTarget | undefined {
  return url === null
    ? undefined
    : { origin: url.origin, path: url.pathname, query: url.search.slice(1) }
}

/** The origin of a header Host; undefined when it is no host. */
const originOf = rememberLast((host) => {
  const url = URL.parse(`http://${host}`)
  const isWhole = url !== null && url.hostname === host.replace(/:\d*$/, '').toLowerCase()
  return isWhole ? url.origin : undefined
})
