import { type EdgeRequest, headerOf } from '../../../relay/api/http.ts'

/**
 * Whether a form was sent by a page of this console. A browser says so by `Sec-Fetch-Site`, and one
 * without it by `Origin`; what is sent with neither was sent by no page. Schemes may differ, as a proxy
 * in front of the relay may end TLS.
 */
export function isOwnForm(request: Pick<EdgeRequest, 'headers' | 'origin'>): boolean {
  const site = headerOf(request, 'sec-fetch-site')
  if (site !== undefined && site !== 'same-origin') return false
  const origin = headerOf(request, 'origin')
  if (origin === undefined) return site !== undefined
  return URL.parse(origin)?.host === URL.parse(request.origin)?.host
}
