import type { Event } from '../../model/event.ts'
import { derivedUid } from '../../model/hash.ts'
import type { Notification } from '../contract.ts'

/** Longest key that PagerDuty takes, in characters; the UIDs of Kubernetes have 36. */
const MAX_KEY_LENGTH = 255

/** Incidents open with a failure and close with a success, so what is under way is not for them. */
export function skipProgressing(event: Event): string | undefined {
  return event.reason === 'Progressing'
    ? 'a Progressing event neither opens nor resolves an incident'
    : undefined
}

/**
 * The key of an object's incident, the same in all its events: its UID, as notification-controller
 * has it; for an object without one, a UID made of its name.
 */
export function incidentKey({ cluster, event }: Notification): string {
  const { uid, kind, namespace, name } = event.involvedObject
  if (uid !== '' && uid.length <= MAX_KEY_LENGTH) return uid
  return derivedUid(cluster, kind, namespace, name)
}
