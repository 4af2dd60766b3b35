import type { EventOrder, QueuedEvent } from '../model/delivery.ts'
import type { OrderTimes } from '../ports.ts'

/** Width of the decimal parts, so that they compare as text: SQS sequences have up to 39 digits. */
const TIME_DIGITS = 15
const SEQUENCE_DIGITS = 40

/**
 * How long a sender may take to bring an event. Flux controllers try five times within 15 seconds,
 * and events of other objects arrive meanwhile. An event that is older than this was kept on
 * purpose, or its clock differs from ours; its time then says nothing about the order.
 */
const MAX_DELIVERY_DELAY_MS = 20_000

/**
 * How far a sender's clock may be ahead of ours and still be right. Clocks that are kept differ by
 * less, all the time; what was tried again must still go before what came meanwhile.
 */
const MAX_SKEW_MS = 1_000

/**
 * Makes the order times of a process. `latest` is the latest order time that any process before it
 * gave to an event, in milliseconds since the epoch; 0 where nobody remembers it.
 */
export function createOrderTimes(latest = 0): OrderTimes {
  let last = latest
  /** The latest order time by cluster that is an accept time, because no event time was usable. */
  const floors = new Map<string, number>()
  return {
    next({ cluster, eventTime, now }) {
      // A clock that was set back stands still for us until the time has caught up.
      const acceptTime = now >= last ? now : last + 1
      const delay = now - eventTime
      const isComparable =
        acceptTime === now && delay >= -MAX_SKEW_MS && delay <= MAX_DELIVERY_DELAY_MS
      if (!isComparable) floors.set(cluster, acceptTime)
      // What was ordered by its accept time stays behind all that was accepted before it, and so
      // before all that is accepted after it.
      const time = isComparable
        ? Math.max(acceptTime - Math.max(0, delay), floors.get(cluster) ?? latest)
        : acceptTime
      last = Math.max(last, time)
      return time
    },
  }
}

/** Where an event stands in time. Milliseconds since the epoch. */
export function orderTime({ event, acceptedAt, orderTime }: Omit<QueuedEvent, 'sequence'>): number {
  return orderTime ?? Math.max(0, Math.min(Date.parse(event.timestamp), acceptedAt))
}

export function eventOrder(queued: QueuedEvent): EventOrder {
  const time = String(orderTime(queued)).padStart(TIME_DIGITS, '0')
  return `${time}.${queued.sequence.padStart(SEQUENCE_DIGITS, '0')}`
}
