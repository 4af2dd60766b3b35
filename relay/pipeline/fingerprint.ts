import { apiGroup, EVENT_GROUP, type Event } from '../model/event.ts'
import { groupKeys } from '../model/group-keys.ts'
import { hashParts } from '../model/hash.ts'
import { withoutMadeUpNames } from './volatile-names.ts'
import { withoutMeasuredDurations, withoutMoments } from './volatile-times.ts'

/** The message with placeholders for what differs between two reports of one thing. */
export function normalizeMessage(message: string): string {
  return withoutMoments(withoutMeasuredDurations(withoutMadeUpNames(message)))
}

/**
 * The keys that tell what a notification is about. They are not part of its message: a status of
 * another commit, or a comment on another change request, is another notification.
 */
const ABOUT_OF_GROUP = ['originRevision', 'revision', 'token'] as const
const ABOUT = ['commit', 'change_request'].map((key) => `${EVENT_GROUP}/${key}`)

/**
 * The fingerprint of an event. Two events with the same fingerprint report the same thing. It is
 * notification-controller's key, normalised.
 */
export function fingerprint({ involvedObject: object, message, metadata }: Event): string {
  const parts = [object.name, object.namespace, object.kind, normalizeMessage(message)]
  const keys = groupKeys(apiGroup(object))
  for (const name of ABOUT_OF_GROUP) addMark(parts, keys[name], metadata)
  for (const key of ABOUT) addMark(parts, key, metadata)
  return hashParts(...parts)
}

function addMark(parts: string[], key: string, metadata: Event['metadata']): void {
  const value = metadata[key]
  if (value !== undefined) parts.push(key, value)
}
