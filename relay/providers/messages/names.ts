import type { Event } from '../../model/event.ts'

/** `kustomization/podinfo.flux-system`: how Flux names an object to people. */
export function objectLabel({ involvedObject: object }: Event): string {
  return `${object.kind.toLowerCase()}/${object.name}.${object.namespace}`
}

export function isError(event: Event): boolean {
  return event.severity === 'error'
}

/** Metadata in sorted key order (by UTF-16 unit), so that equal input gives equal bytes. */
export function sortedMetadata(event: Event): ReadonlyArray<readonly [string, string]> {
  return Object.entries(event.metadata).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

/**
 * Metadata for cards and fields, whose services refuse an entry without a value (Rocket.Chat 8) or
 * document the value as required (Google Chat).
 */
export function shownMetadata(event: Event): ReadonlyArray<readonly [string, string]> {
  return sortedMetadata(event).filter(([key, value]) => key.trim() !== '' && value.trim() !== '')
}

/** Seconds since the epoch, rounded down. */
export function unixSeconds(event: Event): number {
  return Math.floor(Date.parse(event.timestamp) / 1_000)
}

/** RFC 3339 in UTC and whole seconds, as Kubernetes writes times. */
export function wholeSecondsTimestamp(event: Event): string {
  return `${new Date(unixSeconds(event) * 1_000).toISOString().slice(0, -5)}Z`
}

/**
 * A reason as a phrase: `ReconciliationSucceeded` -> `reconciliation succeeded`. Words end where
 * the class of character changes (upper, lower, digit, other); the last capital of a run of
 * capitals belongs to the word that follows: `HTTPFailed2xx` -> `http failed 2 xx`.
 */
export function reasonPhrase(reason: string): string {
  return (reason.match(WORDS) ?? []).join(' ').toLowerCase()
}

const WORDS = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{Nd}+|[^\p{Lu}\p{Ll}\p{Nd}]+/gu
