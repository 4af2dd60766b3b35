import type { AcceptedEvent, EventOrder, QueuedEvent } from '../model/delivery.ts'

/** Width of the decimal parts, so that they compare as text: SQS sequences have up to 39 digits. */
const TIME_DIGITS = 15
const SEQUENCE_DIGITS = 40

/** The earlier of event time and accept time: a clock ahead of ours gets no advantage. */
export function eventTime({ event, acceptedAt }: Pick<AcceptedEvent, 'event' | 'acceptedAt'>) {
  return Math.max(0, Math.min(Date.parse(event.timestamp), acceptedAt))
}

export function eventOrder(queued: QueuedEvent): EventOrder {
  const time = String(eventTime(queued)).padStart(TIME_DIGITS, '0')
  return `${time}.${queued.sequence.padStart(SEQUENCE_DIGITS, '0')}`
}
