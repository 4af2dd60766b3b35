/** The digits of the parts: together as many as an order has for a sequence. */
const TIME_DIGITS = 13
const PLACE_DIGITS = 5
const NUMBER_DIGITS = 22

/** The last place that is told apart: a request with more events is larger than the relay takes. */
const LAST_PLACE = 10 ** PLACE_DIGITS - 1

/** What the number of an event is made of. */
export interface SequenceParts {
  /** The accept time, in milliseconds since the epoch. */
  readonly acceptedAt: number
  /** The place of the event among those that its process accepted at this time, from 0. */
  readonly place: number
  /** The number that SQS gave to the message, in decimal digits. */
  readonly sequenceNumber: string
}

/**
 * The number by which events of one order time are ordered. What was accepted before comes before, and what was
 * accepted together comes in the order of its request. The numbers of SQS ascend within one message group only, and
 * the groups of a request are sent in waves, so they come last: they make the number unique.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export function eventSequence({ acceptedAt, place, sequenceNumber }: SequenceParts): string {
  const digits = (text: string, length: number) => text.slice(-length).padStart(length, '0')
  return [
    digits(String(Math.max(0, Math.floor(acceptedAt))), TIME_DIGITS),
    digits(String(Math.min(place, LAST_PLACE)), PLACE_DIGITS),
    digits(sequenceNumber, NUMBER_DIGITS),
  ].join('')
}
