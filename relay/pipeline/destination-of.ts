import type { DeliveryRecord, Status } from '../model/delivery.ts'
import { rememberLast } from '../model/last-result.ts'
import { MAX_RESPONSE_BYTES } from '../ports/http.ts'
import { isHttpProvider } from '../providers/contract.ts'
import { type Destination, destinationKey } from './destinations/destinations.ts'
import type { Prepared } from './prepare.ts'

/** Where a delivery goes, and what it takes there. */
export function destinationOf(
  { id, cluster, order }: DeliveryRecord<Status>,
  prepared: Prepared,
): Destination {
  const { type, notification, requests, resolved } = prepared
  const host = isHttpProvider(type) ? hostOf(requests) : type.host(resolved.settings)
  const key = destinationKey(cluster, notification.provider.uid, host)
  return { key, host, delivery: id, order, bytes: bytesOf(prepared) }
}

/**
 * The most bytes that the bodies and answers of the delivery's requests take, as far as that is
 * known before they are sent.
 */
function bytesOf({ requests, notification }: Prepared): number {
  if (requests.length === 0) return notification.event.message.length
  return requests.reduce((sum, { body, maxResponseBytes = MAX_RESPONSE_BYTES }) => {
    return sum + body.length + maxResponseBytes
  }, 0)
}

function hostOf([first]: Prepared['requests']): string {
  return first ? hostOfUrl(first.url) : ''
}

const hostOfUrl = rememberLast((url) => new URL(url).host)
