import type { HttpResponse, OutboundRequest, TransportFailure } from '../ports/http.ts'

type Result = HttpResponse | TransportFailure

/** Those which keep method and body: RFC 9110, sections 15.4.2, 15.4.8 and 15.4.9. */
const KEEPING: ReadonlySet<number> = new Set([301, 307, 308])

const MAX_REDIRECTS = 3

/**
 * Sends a request, and again to where a forge says that a renamed repository is now. Only a place of
 * the same origin gets it, for it has a credential; any other redirect is the answer. `moved` is
 * told each place, without query and user info.
 */
export async function sendFollowing(
  request: OutboundRequest,
  send: (request: OutboundRequest) => Promise<Result>,
  moved: (place: string) => void,
): Promise<Result> {
  let current = request
  let redirect: HttpResponse | undefined
  for (let left = MAX_REDIRECTS; ; left -= 1) {
    const result = await send(current)
    // Whoever is not known is led to a page to sign in, which takes anything for a visit.
    if (redirect && isPage(result)) return redirect
    const place = left > 0 ? placeOf(result, current.url) : undefined
    if (result.kind === 'failure' || place === undefined) return result
    redirect = result
    current = { ...current, url: place.href }
    moved(`${place.origin}${place.pathname}`)
  }
}

/** The new place of what was asked for, when that is at the same origin. */
function placeOf(result: Result, url: string): URL | undefined {
  if (result.kind === 'failure' || !KEEPING.has(result.status)) return undefined
  const { location } = result.headers
  const place = location === undefined ? null : URL.parse(location, url)
  if (place === null || place.origin !== new URL(url).origin) return undefined
  place.username = ''
  place.password = ''
  place.hash = ''
  return place
}

function isPage(result: Result): boolean {
  return (
    result.kind === 'response' &&
    result.status < 300 &&
    (result.headers['content-type'] ?? '').toLowerCase().includes('text/html')
  )
}
