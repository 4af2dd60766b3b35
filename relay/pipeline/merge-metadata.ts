import type { Alert } from '../model/alert.ts'
import { apiGroup, EVENT_GROUP, type Event } from '../model/event.ts'

export interface MergedMetadata {
  readonly metadata: Readonly<Record<string, string>>
  /** One sentence for each key that two sources set. */
  readonly conflicts: readonly string[]
  /** The keys whose value is the Alert's. */
  readonly authored: ReadonlySet<string>
}

type Source = readonly [name: string, entries: ReadonlyArray<readonly [string, string]>]

const ALERT_SOURCES: ReadonlySet<string> = new Set(['spec.eventMetadata', 'spec.summary'])

/**
 * Merges what event and Alert say, lowest to highest: the event's own keys, the Alert's
 * `eventMetadata`, its `summary`, the object group's keys (Flux RFC 0008). When nothing results,
 * the event's metadata stays as it was. What is internal to the object's controller is in neither.
 */
export function mergeMetadata(event: Event, alert: Alert): MergedMetadata {
  const { eventMetadata, summary } = alert.spec
  const group = apiGroup(event.involvedObject)
  const metadata = withoutInternal(event.metadata, group)
  const sources: readonly Source[] = [
    ['the event', withoutPrefix(metadata, `${EVENT_GROUP}/`)],
    ['spec.eventMetadata', Object.entries(eventMetadata)],
    ['spec.summary', summary === '' ? [] : [['summary', summary]]],
    [`the controller (${group})`, withoutPrefix(metadata, `${group}/`)],
  ]
  const merged = new Map<string, { readonly value: string; readonly from: readonly string[] }>()
  for (const [name, entries] of sources) {
    for (const [key, value] of entries) {
      merged.set(key, { value, from: [...(merged.get(key)?.from ?? []), name] })
    }
  }
  if (merged.size === 0) return { metadata, conflicts: [], authored: new Set() }
  const authored = [...merged].filter(([, { from }]) => ALERT_SOURCES.has(from.at(-1) ?? ''))
  return {
    authored: new Set(authored.map(([key]) => key)),
    metadata: Object.fromEntries([...merged].map(([key, { value }]) => [key, value])),
    conflicts: [...merged]
      .filter(([, { from }]) => from.length > 1)
      .map(
        ([key, { from }]) => `metadata ${key} is set by ${from.join(' and ')}; the last one won`,
      ),
  }
}

type Metadata = Event['metadata']

/**
 * A controller's `token` only tells two of its events apart. The stored event keeps it for that, and
 * to no destination it means anything: to Alertmanager it would make every firing a new alert.
 * https://github.com/fluxcd/pkg/blob/main/apis/event/v1beta1/metadata.go
 */
function withoutInternal(metadata: Metadata, group: string): Metadata {
  const { [`${group}/token`]: _, ...rest } = metadata
  return rest
}

function withoutPrefix(
  metadata: Metadata,
  prefix: string,
): ReadonlyArray<readonly [string, string]> {
  return Object.entries(metadata)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value])
}
