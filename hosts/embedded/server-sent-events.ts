import { deliveryView } from '../../relay/api/delivery-view.ts'
import type { StreamEnd, StreamMissed } from '../../relay/api/schemas/deliveries.ts'
import type { LedgerRecord } from '../../relay/model/delivery.ts'
import type { DeliveryChange } from '../../relay/ports/delivery-feed.ts'

/** How long a client waits before it connects again, in milliseconds. */
const RECONNECT_MS = 2_000

/** A comment, which keeps the connection in use. */
export const HEARTBEAT = bytesOf(':\n\n')

/** The first event: it has no data, and tells from where a client that saw nothing else goes on. */
export function openingEvent(position: string): Uint8Array {
  return bytesOf(`retry: ${RECONNECT_MS}\nid: ${position}\n\n`)
}

/** A delivery as it stands. Without a position, a client that comes back asks for it again. */
export function deliveryEvent(record: LedgerRecord, position?: string): Uint8Array {
  const id = position === undefined ? '' : `id: ${position}\n`
  return bytesOf(`${id}event: delivery\ndata: ${JSON.stringify(deliveryView(record))}\n\n`)
}

export function missedEvent(missed: StreamMissed): Uint8Array {
  return bytesOf(`event: missed\ndata: ${JSON.stringify(missed)}\n\n`)
}

export function endEvent(end: StreamEnd): Uint8Array {
  return bytesOf(`event: end\ndata: ${JSON.stringify(end)}\n\n`)
}

/** Makes the events of changes. Readers that are told of a change one after another share its bytes. */
export function createSharedEvents(): (change: DeliveryChange) => Uint8Array {
  let latest: DeliveryChange | undefined
  let bytes: Uint8Array = HEARTBEAT
  return (change) => {
    if (change !== latest) {
      bytes = deliveryEvent(change.record, change.position)
      latest = change
    }
    return bytes
  }
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text)
}
