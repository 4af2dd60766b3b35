import type { HttpResponse, OutboundRequest } from '../../ports/http.ts'
import type { Fallback, Notification } from '../contract.ts'
import { eventJson } from './event-json.ts'
import { headerValue, secretHeaders } from './headers.ts'
import { postJson } from './json-request.ts'
import { markCut, sendShortest } from './shortest-form.ts'

export interface EventPostSettings {
  readonly address: string
  /** The headers of the Secret. They may override every header of the request. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The event as notification-controller posts it to generic webhooks:
 * https://fluxcd.io/flux/components/notification/providers/#generic-webhook The header `webhook-id`
 * is the relay's own (https://www.standardwebhooks.com): a receiver can drop repeats by it.
 */
export function eventPost(
  { event, deliveryId }: Notification,
  { address, headers }: EventPostSettings,
): OutboundRequest {
  return postJson(address, eventJson(event), {
    'gotk-component': headerValue(event.reportingController),
    'webhook-id': deliveryId,
    ...secretHeaders(headers),
  })
}

/**
 * The statuses that mean that a request is too long. An endpoint of one's own says so with 413 only
 * (RFC 9110).
 */
const TOO_LARGE: ReadonlySet<number> = new Set([413])

/**
 * The `fallback` of generic webhooks: the shortest form of a long event, with a mark for what was
 * cut.
 */
export function shortestEventPost(
  answer: HttpResponse,
  notification: Notification,
  posts: (shortened: Notification) => readonly OutboundRequest[],
): Fallback | undefined {
  const markedPosts = (shortened: Notification) =>
    posts({ ...shortened, event: markCut(notification.event, shortened.event) })
  return sendShortest(answer, notification, markedPosts, TOO_LARGE)
}
