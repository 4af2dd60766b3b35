import type { OutboundRequest } from '../../ports.ts'
import type { Notification } from '../contract.ts'
import { eventJson } from './event-json.ts'
import { headerValue, secretHeaders } from './headers.ts'
import { postJson } from './json-request.ts'

export interface EventPostSettings {
  readonly address: string
  /** The Secret's; they may override every header of the request. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The event as notification-controller posts it to generic webhooks:
 * https://fluxcd.io/flux/components/notification/providers/#generic-webhook
 * `webhook-id` is ours (https://www.standardwebhooks.com): a receiver can drop repeats by it.
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
