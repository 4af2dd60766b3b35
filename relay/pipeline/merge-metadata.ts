import type { Alert } from '../model/alert.ts'
import { apiGroup, EVENT_GROUP, type Event, readableEvent } from '../model/event.ts'
import { groupKeys } from '../model/group-keys.ts'

export interface MergedMetadata {
  readonly metadata: Readonly<Record<string, string>>
  /** One sentence for each key that two sources set. */
  readonly conflicts: readonly string[]
  /** The keys whose values come from the Alert. */
  readonly authored: ReadonlySet<string>
}

const ALERT_SOURCES: ReadonlySet<string> = new Set(['spec.eventMetadata', 'spec.summary'])

/**
 * Merges the metadata of event and Alert. From lowest to highest precedence: the event's own keys,
 * the Alert's `eventMetadata`, its `summary`, and the keys of the object's group (Flux RFC 0008).
 * When nothing results, the event's metadata stays as it was. Keys that are internal to the
 * object's controller are left out either way.
 */
export function mergeMetadata(event: Event, alert: Alert): MergedMetadata {
  const { eventMetadata, summary } = alert.spec
  const group = apiGroup(event.involvedObject)
  const { prefix, token } = groupKeys(group)
  const metadata = withoutInternal(event.metadata, token)
  const merged = new Map<string, Merged>()
  const add = (key: string, value: string, from: string) => {
    merged.set(key, { value, from, before: merged.get(key) })
  }
  const addPrefixed = (prefix: string, from: string) => {
    for (const key in metadata) {
      if (key.startsWith(prefix)) add(key.slice(prefix.length), metadata[key] ?? '', from)
    }
  }
  addPrefixed(`${EVENT_GROUP}/`, 'the event')
  for (const key in eventMetadata) add(key, eventMetadata[key] ?? '', 'spec.eventMetadata')
  if (summary !== '') add('summary', summary, 'spec.summary')
  addPrefixed(prefix, `the controller (${group})`)
  if (merged.size === 0) return { metadata, conflicts: [], authored: NONE }
  const entries: [string, string][] = []
  const authored: string[] = []
  const conflicts: string[] = []
  for (const [key, { value, from, before }] of merged) {
    entries.push([key, value])
    if (ALERT_SOURCES.has(from)) authored.push(key)
    if (before) conflicts.push(conflictText(key, from, before))
  }
  return {
    metadata: Object.fromEntries(entries),
    conflicts,
    authored: authored.length > 0 ? new Set(authored) : NONE,
  }
}

/** The event as its Alert's destination sees it: with its final metadata, and without control characters. */
export function mergedEvent(
  event: Event,
  alert: Alert,
): Omit<MergedMetadata, 'metadata'> & { readonly event: Event } {
  const { metadata, conflicts, authored } = mergeMetadata(event, alert)
  return { event: readableEvent(event, metadata), conflicts, authored }
}

const NONE: ReadonlySet<string> = new Set()

/** A key's value, the source that it comes from, and the source that it overrides. */
interface Merged {
  readonly value: string
  readonly from: string
  readonly before: Merged | undefined
}

function conflictText(key: string, last: string, before: Merged): string {
  const sources = [last]
  for (let it: Merged | undefined = before; it; it = it.before) sources.unshift(it.from)
  return `metadata ${key} is set by ${sources.join(' and ')}; the last one won`
}

type Metadata = Event['metadata']

/**
 * Leaves out a controller's `token`, which only tells two of its events apart. The stored event
 * keeps it for that. It means nothing to a destination: Alertmanager would take every firing for a
 * new alert. https://github.com/fluxcd/pkg/blob/main/apis/event/v1beta1/metadata.go
 */
function withoutInternal(metadata: Metadata, internal: string): Metadata {
  if (metadata[internal] === undefined) return metadata
  const { [internal]: _, ...rest } = metadata
  return rest
}
