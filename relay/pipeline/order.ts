import type { EventOrder } from '../model/delivery.ts'
import type { QueuedEvent } from '../model/queue-messages.ts'
import type { OrderTimes } from '../ports/order-times.ts'

/** How many digits the parts are padded to, so that they compare as text. Those on AWS have as many. */
const TIME_DIGITS = 15
const SEQUENCE_DIGITS = 40

/**
 * How long a sender may take to deliver an event. Flux controllers try five times within 15
 * seconds, and events of other objects arrive in between. An event that is older than this was kept
 * on purpose, or its clock differs from ours; its time then says nothing about the order.
 */
const MAX_DELIVERY_DELAY_MS = 20_000

/**
 * How far a sender's clock may be ahead of ours and still count as right. Synchronised clocks
 * differ by less. An event that its sender tried again must still come before those that arrived in
 * between.
 */
const MAX_SKEW_MS = 1_000

/**
 * How fast order times run while they are ahead of a clock that was set back. They run slower than
 * the clock, which has to catch up, but not much slower: two events must still get further apart
 * than the interval for repeats.
 */
const PACE_AHEAD = 1 / 2

/**
 * Makes the order times of a process. `latest` is the latest order time that any process before it
 * gave to an event, in milliseconds since the epoch; 0 where nobody remembers it.
 */
export function createOrderTimes(latest = 0): OrderTimes {
  let last = latest
  let lastNow = latest
  /** Order times continue from `at` since the clock was set back to `from`. */
  let base = { from: latest, at: latest }
  /**
   * The latest order time of each cluster that is an accept time, because the event time was not
   * usable.
   */
  const floors = new Map<string, number>()
  /**
   * The order time for a time of the clock: later than all before the clock was set back, and in
   * the end the time itself.
   */
  const orderTimeAt = (time: number) => {
    const since = Math.max(0, time - base.from)
    return Math.max(time, base.at + Math.floor(since * PACE_AHEAD))
  }
  return {
    next({ cluster, eventTime, now }) {
      if (now < lastNow) base = { from: now, at: last + 1 }
      lastNow = now
      const delay = now - eventTime
      const isComparable = delay >= -MAX_SKEW_MS && delay <= MAX_DELIVERY_DELAY_MS
      // What was ordered by its accept time stays behind all that was accepted before it, and so
      // before all that is accepted after it.
      if (!isComparable) floors.set(cluster, orderTimeAt(now))
      const time = isComparable
        ? Math.max(orderTimeAt(Math.min(now, eventTime)), floors.get(cluster) ?? 0)
        : orderTimeAt(now)
      last = Math.max(last, time)
      return time
    },
  }
}

/** The order time of an event, in milliseconds since the epoch. */
export function orderTime({ event, acceptedAt, orderTime }: Omit<QueuedEvent, 'sequence'>): number {
  return orderTime ?? Math.max(0, Math.min(Date.parse(event.timestamp), acceptedAt))
}

export function eventOrder(queued: QueuedEvent): EventOrder {
  const time = String(orderTime(queued)).padStart(TIME_DIGITS, '0')
  return `${time}.${queued.sequence.padStart(SEQUENCE_DIGITS, '0')}`
}
