import type { HttpResponse, OutboundRequest, TransportFailure } from '../ports/http.ts'

type Result = HttpResponse | TransportFailure

/** The redirects that keep method and body: RFC 9110, sections 15.4.2, 15.4.8 and 15.4.9. */
const KEEPING: ReadonlySet<number> = new Set([301, 307, 308])

const MAX_REDIRECTS = 3

/**
 * Sends a request, and sends it again when a forge answers that a repository was renamed. It
 * follows a redirect within the same origin only, since the request holds a credential; any other
 * redirect is returned as the answer. `moved` gets each new address, without query and user info.
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

/** The address that the answer redirects to, if it has the same origin. */
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
