import { ACTIONS, PAGES } from '../../../console/pages.ts'
import { type EdgeRequest, headerOf } from '../../../relay/api/http.ts'

/** The page that the console begins with. */
export const FIRST = '/console/overview'

/** A path of the console and nothing else, whatever a form or an address says. */
export function ownPath(path: string | null): string {
  const url = path === null ? null : URL.parse(path, 'http://console.invalid')
  const isOwn = url?.origin === 'http://console.invalid' && url.pathname.startsWith('/console/')
  return isOwn ? `${url.pathname}${url.search}` : FIRST
}

/** The page that a request is for. That of a form is the page on which it was sent, or the first one. */
export function pageOf(request: EdgeRequest): string {
  const { method, path, query } = request
  if (method === 'POST') return pageOfForm(request)
  return query === '' ? path : `${path}?${query}`
}

function pageOfForm(request: EdgeRequest): string {
  const from = URL.parse(headerOf(request, 'referer') ?? '')
  if (from === null || from.host !== URL.parse(request.origin)?.host) return FIRST
  return isAnswer(from.pathname) ? FIRST : ownPath(`${from.pathname}${from.search}`)
}

/** Whether a path has nothing to show but what comes of a form. */
function isAnswer(path: string): boolean {
  const isAt = (other: { readonly path: string }) => other.path === path
  return ACTIONS.some(isAt) && !PAGES.some(isAt)
}
