import { type Problem, problem } from '../../relay/api/problem.ts'
import { rememberLast } from '../../relay/model/last-result.ts'

const LOOPBACK_ADDRESS = /^(?:127(?:\.\d{1,3}){3}|\[?::1\]?|localhost)$/

/** Whether a host name or address, without port, is this machine's own. */
export function isLoopback(host: string): boolean {
  return LOOPBACK_ADDRESS.test(host.toLowerCase())
}

/** What a request says about where it comes from. */
export interface RequestOrigin {
  readonly method: string
  /** The URL, with the host that the request names, not the one that the relay listens on. */
  readonly url: string
  readonly origin: string | undefined
}

/** Methods that change nothing: RFC 9110, section 9.2.1. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses what a web page could make a browser send to a relay without tokens: requests under a name
 * that was rebound to this machine, requests of a page of another machine, and changes by a page of
 * another program on this one. A page of the relay itself has the origin that the request goes to.
 */
export function foreignProblem({ method, url, origin }: RequestOrigin): Problem | undefined {
  const own = ownOrigin(url)
  if (own === undefined) {
    return problem('foreign-origin', 'Host: expected localhost; the relay runs without --tokens')
  }
  if (origin === undefined) return undefined
  const theirs = loopbackOrigin(origin)
  if (theirs === undefined) {
    return problem('foreign-origin', 'Origin: expected localhost; the relay runs without --tokens')
  }
  if (SAFE_METHODS.has(method) || theirs === own) return undefined
  return problem(
    'foreign-origin',
    `Origin: expected ${own} or none; the relay runs without --tokens`,
  )
}

/** Scheme, host and port of a URL of this machine; undefined for any other text. */
function loopbackOrigin(text: string): string | undefined {
  const url = URL.parse(text)
  return url !== null && isLoopback(url.hostname) ? url.origin : undefined
}

/** The same for the URL of a request: most have the host of the one before. */
const ownOrigin = rememberLast(loopbackOrigin)
