import type { Event } from '../../model/event.ts'
import { isoTime, timestampMs } from '../../model/time.ts'
import type { Notification } from '../contract.ts'

/** The name of an object as Flux shows it to people: `kustomization/podinfo.flux-system`. */
function objectLabel({ involvedObject: object }: Event): string {
  return `${object.kind.toLowerCase()}/${object.name}.${object.namespace}`
}

/** The title of a notification: what its rule says, or the name of the object. */
export function titleOf({ title, event }: Pick<Notification, 'title' | 'event'>): string {
  return title ?? objectLabel(event)
}

export function isError(event: Event): boolean {
  return event.severity === 'error'
}

/** Metadata sorted by key (in UTF-16 units), so that equal input gives equal bytes. */
export function sortedMetadata(event: Event): ReadonlyArray<readonly [string, string]> {
  return Object.entries(event.metadata).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

/**
 * Metadata for cards and fields, without empty values. Rocket.Chat 8 refuses those, and Google Chat
 * requires a value.
 */
export function shownMetadata(event: Event): ReadonlyArray<readonly [string, string]> {
  return sortedMetadata(event).filter(([key, value]) => key.trim() !== '' && value.trim() !== '')
}

/** The time of the event in seconds since the epoch, rounded down. */
export function unixSeconds(event: Event): number {
  return Math.floor(timestampMs(event.timestamp) / 1_000)
}

/** The time of the event in RFC 3339, UTC and whole seconds, as Kubernetes writes times. */
export function wholeSecondsTimestamp(event: Event): string {
  return `${isoTime(unixSeconds(event) * 1_000).slice(0, -5)}Z`
}

/**
 * A reason as a phrase: `ReconciliationSucceeded` becomes `reconciliation succeeded`. Words end
 * where the class of characters changes (upper, lower, digit, other). The last of several capitals
 * belongs to the next word: `HTTPFailed2xx` becomes `http failed 2 xx`.
 */
export function reasonPhrase(reason: string): string {
  return (reason.match(WORDS) ?? []).join(' ').toLowerCase()
}

const WORDS = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{Nd}+|[^\p{Lu}\p{Ll}\p{Nd}]+/gu
