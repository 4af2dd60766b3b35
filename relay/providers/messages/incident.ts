import type { Event } from '../../model/event.ts'
import { derivedUid, hashParts } from '../../model/hash.ts'
import type { Notification } from '../contract.ts'

/**
 * The longest key that PagerDuty accepts, in characters; Opsgenie takes 512. The UIDs of Kubernetes
 * have 36.
 */
const MAX_KEY_LENGTH = 255

/**
 * Why a Progressing event is skipped: incidents open with a failure and close with a success.
 * Undefined for other events.
 */
export function skipProgressing(event: Event): string | undefined {
  return event.reason === 'Progressing'
    ? 'a Progressing event neither opens nor resolves an incident'
    : undefined
}

/**
 * The key that the rule `incident-key` gives, or a hash of one that is too long; undefined without the
 * rule.
 */
export function chosenKey({ incidentKey }: Notification): string | undefined {
  if (incidentKey === undefined || incidentKey.length <= MAX_KEY_LENGTH) return incidentKey
  return hashParts(incidentKey)
}

/**
 * The key of an object's incident, which is the same in all its events: that of the rule, its UID, as
 * in notification-controller, or a UID derived from its name when it has none.
 */
export function incidentKey(notification: Notification): string {
  const { cluster, event } = notification
  const chosen = chosenKey(notification)
  if (chosen !== undefined) return chosen
  const { uid, kind, namespace, name } = event.involvedObject
  if (uid !== '' && uid.length <= MAX_KEY_LENGTH) return uid
  return derivedUid(cluster, kind, namespace, name)
}
