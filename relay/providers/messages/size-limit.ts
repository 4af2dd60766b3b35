import type { Event } from '../../model/event.ts'
import { cutText, ellipsize } from '../../model/text.ts'
import type { Notification } from '../contract.ts'
import { mainEntries, withFitting } from './metadata-order.ts'

/**
 * The least length of a message, in UTF-16 units. When metadata leaves less for it, the metadata is
 * cut instead.
 */
const LEAST_MESSAGE = 1_000

/** The length of a metadata value, in UTF-16 units, when metadata has to be cut. */
const SHORT_VALUE = 256

/**
 * The notification's event, shortened until `fits` is true. The end of its message is replaced by
 * an ellipsis; metadata is cut only when it would leave hardly any message: first its values, and then all
 * but the main entries are left out. Without this, a service that refuses long events would
 * never get them. `fits` must be true for every shorter message, and for less metadata, too.
 */
export function cutToFit(
  notification: Notification,
  fits: (candidate: Notification) => boolean,
): Event {
  const { event } = notification
  const fitsAs = (candidate: Event) => fits({ ...notification, event: candidate })
  if (fitsAs(event)) return event
  const leavesMessage = (candidate: Event) =>
    fitsAs({ ...candidate, message: cutText(event.message, LEAST_MESSAGE) })
  const short = withShortValues(event, SHORT_VALUE)
  const base =
    [event, short].find(leavesMessage) ??
    withFitting(event, mainEntries({ ...notification, event: short }), leavesMessage)
  return { ...base, message: longestFitting(event.message, (m) => fitsAs({ ...base, message: m })) }
}

/** The event with metadata values of at most `maxUnits` UTF-16 units. */
export function withShortValues(event: Event, maxUnits: number): Event {
  const entries = Object.entries(event.metadata)
  return {
    ...event,
    metadata: Object.fromEntries(entries.map(([key, value]) => [key, ellipsize(value, maxUnits)])),
  }
}

/** The text, or its longest beginning with an ellipsis that fits; empty when none does. */
function longestFitting(text: string, fits: (text: string) => boolean): string {
  if (fits(text)) return text
  let fitting = 0
  let tooLong = text.length
  while (tooLong - fitting > 1) {
    const middle = Math.floor((fitting + tooLong) / 2)
    if (fits(ellipsize(text, middle))) fitting = middle
    else tooLong = middle
  }
  return fitting === 0 ? '' : ellipsize(text, fitting)
}

/** Bytes of a JSON body as it is sent, in UTF-8. */
export function jsonBytes(body: unknown): number {
  return Buffer.byteLength(JSON.stringify(body))
}
