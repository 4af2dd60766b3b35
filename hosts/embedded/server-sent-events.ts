import { leftView, listedView } from '../../relay/api/delivery-view.ts'
import type {
  Delivery,
  DeliveryLeft,
  StreamEnd,
  StreamMissed,
} from '../../relay/api/schemas/deliveries.ts'
import type { ListedRecord } from '../../relay/model/delivery.ts'

/** How long a client waits before it connects again, in milliseconds. */
const RECONNECT_MS = 2_000

/** A comment, which keeps the connection in use, and from where a client goes on that was told of nothing since. */
export function heartbeat(position: string): string {
  return `:\nid: ${position}\n\n`
}

/** The first event: it has no data, and tells from where a client that saw nothing else goes on. */
export function openingEvent(position: string): string {
  return `retry: ${RECONNECT_MS}\nid: ${position}\n\n`
}

/** A delivery as it stands. Without a position, a client that comes back asks for it again. */
export function deliveryEvent(record: ListedRecord, position?: string): string {
  return namedEvent('delivery', listedView(record), position)
}

/** What became of a delivery that does not fit the filters any more. The position is as that of `deliveryEvent`. */
export function leftEvent(record: ListedRecord, position?: string): string {
  return namedEvent('left', leftView(record), position)
}

function namedEvent(name: string, data: Delivery | DeliveryLeft, position?: string): string {
  const id = position === undefined ? '' : `id: ${position}\n`
  return `${id}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

export function missedEvent(missed: StreamMissed): string {
  return `event: missed\ndata: ${JSON.stringify(missed)}\n\n`
}

export function endEvent(end: StreamEnd): string {
  return `event: end\ndata: ${JSON.stringify(end)}\n\n`
}

/** How changes become the events of a stream. */
export interface StreamFormat {
  /** The event of a delivery as it stands. Without a position, a client that comes back asks for it again. */
  delivery(record: ListedRecord, position?: string): string
  /** The event of a delivery that does not fit the filters any more, and may have fitted before. */
  left(record: ListedRecord, position?: string): string
  /** The event that says that changes before it may be missing. */
  readonly missed: string
}
