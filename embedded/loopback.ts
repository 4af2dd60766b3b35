import { type Problem, problem } from '../relay/intake/problem.ts'

const LOOPBACK_ADDRESS = /^(?:127(?:\.\d{1,3}){3}|\[?::1\]?|localhost)$/

/** Whether a host name or address, without port, is this machine's own. */
export function isLoopback(host: string): boolean {
  return LOOPBACK_ADDRESS.test(host.toLowerCase())
}

/**
 * Refuses what a web page of another site could make a browser send to a relay without tokens:
 * requests under a name that was rebound to this machine, and requests of a foreign origin.
 */
export function foreignProblem(url: string, origin: string | undefined): Problem | undefined {
  if (!isLoopbackUrl(url)) {
    return problem(403, 'Host: expected localhost; the relay runs without --tokens')
  }
  if (origin !== undefined && !isLoopbackUrl(origin)) {
    return problem(403, 'Origin: expected localhost; the relay runs without --tokens')
  }
  return undefined
}

function isLoopbackUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && isLoopback(url.hostname)
}
