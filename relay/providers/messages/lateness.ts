import type { Notification } from '../contract.ts'

/**
 * Lines that keep a reader from taking the notification as news: the time of an event that comes
 * late, and that a newer event of its object is known. Usually there are none.
 */
export function latenessLines({
  event,
  late,
  overtaken,
}: Pick<Notification, 'event' | 'late' | 'overtaken'>): readonly string[] {
  return [
    ...(late ? [`Event of ${timeOf(event.timestamp)} UTC, delivered late`] : []),
    ...(overtaken ? ['A newer event of this object is known: this one may be out of date'] : []),
  ]
}

/** The message, followed by the lines on lateness, for services that keep line ends. */
export function messageWithLateness(notification: Notification): string {
  return [notification.event.message, ...latenessLines(notification)].join('\n')
}

/** Cuts a time for people: `2026-11-20T09:14:03.250Z` becomes `2026-11-20 09:14:03`. */
function timeOf(timestamp: string): string {
  return new Date(timestamp).toISOString().slice(0, 19).replace('T', ' ')
}
