import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
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
 * Without a host the request is for the address that it came to (RFC 9112, section 3.3): health checks of load
 * balancers, which speak HTTP/1.0, name none. Browsers always name one.
 */
export function readTarget({
  url = '',
  headers,
  socket,
}: IncomingMessage): RequestTarget | undefined {
  const [rawPath = ''] = url.split('?', 1)
  // The URL parser would make slashes of them.
  if (rawPath.includes('\\')) return undefined
  if (!url.startsWith('/')) return /^https?:\/\//.test(url) ? targetOf(URL.parse(url)) : undefined
  const origin = originOf(headers.host ?? hostOf(socket))
  if (origin === undefined) return undefined
  if (!PLAIN.test(url) || DOT_SEGMENT.test(url)) return targetOf(URL.parse(`${origin}${url}`))
  return { origin, path: rawPath, query: url.slice(rawPath.length + 1) }
}

function targetOf(url: URL | null): RequestTarget | undefined {
  return url === null
    ? undefined
    : { origin: url.origin, path: url.pathname, query: url.search.slice(1) }
}

/** The address of a socket's own end, as a header Host has it. */
function hostOf({ localAddress = '', localPort }: Socket): string {
  // A socket of both families writes an address of IPv4 so. Behind a link-local address of IPv6 stands the interface,
  // which the URL parser takes for no part of a host.
  const address = localAddress.replace(/^::ffff:(?=[\d.]+$)|%.*$/g, '')
  return `${address.includes(':') ? `[${address}]` : address}:${localPort}`
}

/** An address of IPv6, which the URL parser may write shorter. */
const IPV6 = /^\[[\d:.a-f]+\]$/i

/** The origin of a header Host; undefined when it is no host. */
const originOf = rememberLast((host) => {
  const url = URL.parse(`http://${host}`)
  const name = host.replace(/:\d*$/, '')
  const isWhole = url !== null && (url.hostname === name.toLowerCase() || IPV6.test(name))
  return isWhole ? url.origin : undefined
})
