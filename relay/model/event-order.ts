import type { EventOrder } from './delivery.ts'
import type { QueuedEvent } from './queue-messages.ts'

/** The parts of an order: the order time, and the sequence that the queue gave to the event. */
export function orderParts(order: EventOrder): Pick<QueuedEvent, 'sequence' | 'orderTime'> {
  const dot = order.indexOf('.')
  return { orderTime: Number(order.slice(0, dot)), sequence: order.slice(dot + 1) }
}
