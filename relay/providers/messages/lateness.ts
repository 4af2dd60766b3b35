import type { Notification } from '../contract.ts'

/**
 * What a reader has to be told who would take the notification for news: the time of an event that
 * comes late, and that a newer event of its object is known. One line each; none in the common case.
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

/** The message with the lines on lateness below it, as it goes into services that keep line ends. */
export function messageWithLateness(notification: Notification): string {
  return [notification.event.message, ...latenessLines(notification)].join('\n')
}

/** `2026-11-20T09:14:03.250Z` as `2026-11-20 09:14:03`. */
function timeOf(timestamp: string): string {
  return new Date(timestamp).toISOString().slice(0, 19).replace('T', ' ')
}
