import { apiGroup, EVENT_GROUP, type Event } from '../model/event.ts'
import { hashParts } from '../model/hash.ts'
import { withoutMadeUpNames } from './volatile-names.ts'
import { withoutMeasuredDurations, withoutMoments } from './volatile-times.ts'

/** The message with placeholders for what differs between two reports of one thing. */
export function normalizeMessage(message: string): string {
  return withoutMoments(withoutMeasuredDurations(withoutMadeUpNames(message)))
}

/** Two events of one fingerprint report the same thing: notification-controller's key, normalised. */
export function fingerprint(event: Event): string {
  const { involvedObject: object, metadata } = event
  const group = apiGroup(object)
  // What a notification is about is no part of its message: a status of another commit, a comment
  // on another change request, are other notifications.
  const about = [
    ...['originRevision', 'revision', 'token'].map((key) => `${group}/${key}`),
    ...['commit', 'change_request'].map((key) => `${EVENT_GROUP}/${key}`),
  ]
  const marks = about.flatMap((key) => {
    const value = metadata[key]
    return value === undefined ? [] : [key, value]
  })
  return hashParts(
    object.name,
    object.namespace,
    object.kind,
    normalizeMessage(event.message),
    ...marks,
  )
}
