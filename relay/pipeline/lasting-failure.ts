import type { DeliveryRecord, Status } from '../model/delivery.ts'
import { type Event, MAX_MESSAGE_LENGTH } from '../model/event.ts'
import { cutText } from '../model/text.ts'
import { happenedAt } from './lateness.ts'

/** A failure that is told long after it began, since a rule wants it so. */
export interface LastingFailure {
  /** When it began, in milliseconds since the epoch. */
  readonly since: number
  /** The number of the reminder; absent when it is told for the first time. */
  readonly reminder?: number
}

/** A rule that held a failure back for so long did so to see whether it lasts. */
const LONG_HELD_MS = 60_000

/** The failure that a Delivery tells long after it began; undefined for any other Delivery. */
export function lastingFailureOf(record: DeliveryRecord<Status>): LastingFailure | undefined {
  const { reminder, event, toldIn, heldMs = 0 } = record
  if (reminder) return { since: reminder.since, reminder: reminder.number }
  // It waited for others, and not to see whether it lasts.
  if (toldIn !== undefined) return undefined
  const isHeldLong = event.severity === 'error' && heldMs >= LONG_HELD_MS
  return isHeldLong ? { since: happenedAt(record) } : undefined
}

/** The event, whose message begins with how long the failure has lasted, if it has. */
export function withSince(event: Event, lasting: LastingFailure | undefined): Event {
  if (lasting === undefined) return event
  const message = `${sinceText(lasting)}\n${event.message}`
  return { ...event, message: cutText(message, MAX_MESSAGE_LENGTH) }
}

/** How long a failure has lasted, such as `Failing since 2026-11-20 09:14:09 UTC`. */
export function sinceText({ since, reminder }: LastingFailure): string {
  const time = `${new Date(since).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  return reminder === undefined
    ? `Failing since ${time}`
    : `Still failing since ${time} (reminder ${reminder})`
}
