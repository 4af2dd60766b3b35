import { z } from 'zod'
import { withFieldNames } from './event-keys.ts'
import { cutText, NameText, OptionalText, Text, withoutControls } from './text.ts'
import { parseTimeMs } from './time.ts'

/**
 * The longest message that is kept, in UTF-16 units. Flux's own recorder cuts at the same length.
 */
export const MAX_MESSAGE_LENGTH = 39_000

/** An RFC 3339 time, normalised to UTC. */
const Timestamp = z.string().transform((text, context) => {
  const time = parseTimeMs(text)
  if (time !== undefined) return new Date(time).toISOString()
  context.addIssue('expected an RFC 3339 time such as 2026-11-20T09:14:03Z')
  return z.NEVER
})

/** Event metadata. A value that is null becomes an empty text, as in Go's decoder. */
const Metadata = z
  .record(z.string(), OptionalText)
  .nullish()
  .transform((metadata) =>
    Object.fromEntries(
      Object.entries(metadata ?? {}).map(([key, value]) => [key.toWellFormed(), value]),
    ),
  )

/** The namespace of the Kubernetes Events about cluster-scoped objects, such as Nodes. */
const CLUSTER_OBJECTS_NAMESPACE = 'default'

/** The Kubernetes object that an Event is about. */
export const InvolvedObject = z.object({
  kind: NameText(),
  namespace: NameText(),
  name: NameText(),
  uid: OptionalText,
  apiVersion: OptionalText,
  resourceVersion: OptionalText,
  fieldPath: OptionalText,
})
export type InvolvedObject = Readonly<z.infer<typeof InvolvedObject>>

/**
 * The involved object of an event that a controller posts itself. An object without a namespace
 * gets `default`, where the Kubernetes Events about it are. So the object has one name, whoever
 * reports it.
 */
export const PostedObject = InvolvedObject.extend({
  namespace: OptionalText.transform((namespace) => namespace || CLUSTER_OBJECTS_NAMESPACE).pipe(
    NameText(),
  ),
})

/**
 * The JSON body that Flux controllers post. It is lenient where Flux is: only the involved object's
 * kind, namespace and name are required. In practice `severity` is `info`, `error` or `trace`.
 * `timestamp` is RFC 3339 in UTC, and absent when the sender gave none.
 */
const EventFields = z.object({
  involvedObject: InvolvedObject,
  severity: OptionalText.transform((severity) => severity || 'info'),
  timestamp: Timestamp.nullish().transform((timestamp) => timestamp ?? undefined),
  message: OptionalText.transform((message) => cutText(message, MAX_MESSAGE_LENGTH)),
  reason: OptionalText,
  metadata: Metadata,
  reportingController: OptionalText,
  reportingInstance: OptionalText,
})
export const IncomingEvent = z.preprocess(withFieldNames, EventFields)
/** An event that a controller posts itself. Its object may be cluster-scoped. */
export const PostedEvent = z.preprocess(
  withFieldNames,
  EventFields.extend({ involvedObject: PostedObject }),
)
export type IncomingEvent = z.infer<typeof IncomingEvent>

/** An Event with a known time and cleaned metadata. */
export type Event = Readonly<
  Omit<IncomingEvent, 'timestamp' | 'involvedObject' | 'metadata'> & {
    involvedObject: InvolvedObject
    /** The time of the event: RFC 3339, UTC. */
    timestamp: string
    metadata: Readonly<Record<string, string>>
  }
>

/**
 * One item of a batch: a Flux Event, or an object with an event and the labels of its involved
 * object.
 */
export const IncomingItem = z.object({
  event: IncomingEvent,
  objectLabels: z.record(z.string(), Text).nullish(),
})

export type Labels = Readonly<Record<string, string>>

/** What a sender writes when it could not find out the revision. No commit has this name. */
export const UNKNOWN_REVISION = 'unknown'

/** Metadata keys with this prefix are the event's own, whoever reported it. */
export const EVENT_GROUP = 'event.toolkit.fluxcd.io'

/**
 * The API group of an object: `kustomize.toolkit.fluxcd.io/v1` gives `kustomize.toolkit.fluxcd.io`.
 * Empty for the core group.
 */
export function apiGroup(object: Pick<InvolvedObject, 'apiVersion'>): string {
  const slash = object.apiVersion.indexOf('/')
  return slash < 0 ? '' : object.apiVersion.slice(0, slash)
}

/**
 * Keys that belong to the event itself, whatever object it is about. A `token` from a
 * notification-controller is the user's: the controller drops the token of the object's own
 * controller.
 */
const EVENT_OWN_KEYS: ReadonlySet<string> = new Set(['commit', 'change_request', 'token'])

/**
 * Restores the prefixes of metadata keys, which the generic providers of a notification-controller
 * strip. That sender names itself in the header `Gotk-Component`. A key with a slash gets a prefix
 * too: the Alert there may have added `example.com/team`, which would be dropped as a key of
 * another group.
 */
export function restorePrefixes<T>(
  metadata: Readonly<Record<string, T>>,
  object: Pick<InvolvedObject, 'apiVersion'>,
): Readonly<Record<string, T>> {
  const group = apiGroup(object)
  const isWhole = (key: string) => key.startsWith(`${EVENT_GROUP}/`) || key.startsWith(`${group}/`)
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => {
      if (isWhole(key)) return [key, value]
      return [`${EVENT_OWN_KEYS.has(key) ? EVENT_GROUP : group}/${key}`, value]
    }),
  )
}

/** The object's name, as people read it: `Kustomization/flux-system/podinfo`. */
export function objectName(object: Pick<InvolvedObject, 'kind' | 'namespace' | 'name'>): string {
  return `${object.kind}/${object.namespace}/${object.name}`
}

/**
 * The event without control characters in the texts that people read, and without metadata whose
 * key is empty then. `metadata` is given for an event that gets another.
 */
export function readableEvent(event: Event, metadata = event.metadata): Event {
  const { kind, namespace, name } = event.involvedObject
  const entries: [string, string][] = []
  for (const key in metadata) {
    const readable = withoutControls(key)
    if (readable !== '') entries.push([readable, withoutControls(metadata[key] ?? '')])
  }
  return {
    ...event,
    message: withoutControls(event.message),
    reason: withoutControls(event.reason),
    reportingController: withoutControls(event.reportingController),
    reportingInstance: withoutControls(event.reportingInstance),
    metadata: Object.fromEntries(entries),
    involvedObject: {
      ...event.involvedObject,
      kind: withoutControls(kind),
      namespace: withoutControls(namespace),
      name: withoutControls(name),
    },
  }
}

/** About how many bytes an event has: the characters of its texts that may be long. */
export function eventSize({ message, metadata }: Pick<Event, 'message' | 'metadata'>): number {
  let size = message.length
  for (const key in metadata) size += key.length + (metadata[key]?.length ?? 0)
  return size
}
