import type { HttpClient } from '../../relay/ports/http.ts'
import type { Canaries } from './canaries.ts'
import { response } from './notifications.ts'

/** Hosts that no Provider can put another in the place of. */
const FIXED_HOST =
  /^pubsub\.googleapis\.com$|\.servicebus\.windows\.net$|^(?:events|sns|sqs)\.eu-west-1\.amazonaws\.com$/
const TOKEN_HOST = 'oauth2.googleapis.com'

/**
 * A client for tests on types whose host is fixed: their requests go to another origin, and the
 * access tokens that they ask for are canaries.
 */
export function divertedClient(http: HttpClient, origin: string, canaries: Canaries): HttpClient {
  return {
    async send(request, options) {
      const url = new URL(request.url)
      if (url.hostname === TOKEN_HOST) {
        const token = { access_token: canaries.plant('fetched token'), expires_in: 3_600 }
        return response(200, JSON.stringify(token))
      }
      if (!FIXED_HOST.test(url.hostname)) return http.send(request, options)
      return http.send({ ...request, url: `${origin}${url.pathname}${url.search}` }, options)
    },
  }
}
