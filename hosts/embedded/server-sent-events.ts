import { deliveryView } from '../../relay/api/delivery-view.ts'
import type { StreamEnd, StreamMissed } from '../../relay/api/schemas/deliveries.ts'
import type { LedgerRecord } from '../../relay/model/delivery.ts'
import type { DeliveryChange } from '../../relay/ports/delivery-feed.ts'

/** How long a client waits before it connects again, in milliseconds. */
const RECONNECT_MS = 2_000

/** A comment, which keeps the connection in use, and from where a client goes on that was told of nothing since. */
export function heartbeat(position: string): Uint8Array {
  return bytesOf(`:\nid: ${position}\n\n`)
}

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

/** How changes become the events of a stream. */
export interface StreamFormat {
  /** The event of a delivery as it stands. Without a position, a client that comes back asks for it again. */
  delivery(record: LedgerRecord, position?: string): Uint8Array
  /** The event that says that changes before it may be missing. */
  readonly missed: Uint8Array
}

/** The events of changes, and what is written of them, as bytes that several readers share. */
export interface SharedEvents {
  /** The event of a change, which readers ask for one after another when it happens. */
  eventOf(change: DeliveryChange): Uint8Array
  /** The same for readers that ask for it later, if at all. */
  laterEventOf(change: DeliveryChange): Uint8Array
  join(events: readonly Uint8Array[]): Uint8Array
}

/** Makes events that are shared by all readers of a change, and what is written by those that write the same one after another. */
export function createSharedEvents(format: StreamFormat): SharedEvents {
  let latest: DeliveryChange | undefined
  let event: Uint8Array = new Uint8Array()
  const later = new WeakMap<DeliveryChange, Uint8Array>()
  let joined: readonly Uint8Array[] = []
  let bytes: Uint8Array = new Uint8Array()
  return {
    eventOf(change) {
      if (change === latest) return event
      latest = change
      event = format.delivery(change.record, change.position)
      return event
    },
    laterEventOf(change) {
      const made = later.get(change) ?? format.delivery(change.record, change.position)
      later.set(change, made)
      return made
    },
    join(events) {
      if (events.length === joined.length && events.every((it, at) => it === joined[at])) {
        return bytes
      }
      joined = events
      bytes = Buffer.concat(events)
      return bytes
    },
  }
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text)
}
