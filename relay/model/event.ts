import { z } from 'zod'
import { withFieldNames } from './event-keys.ts'
import { cutText, NameText, OptionalText, Text, withoutControls } from './text.ts'
import { parseTimeMs } from './time.ts'

/** Longest message kept, in UTF-16 units; Flux's own recorder cuts at the same length. */
export const MAX_MESSAGE_LENGTH = 39_000

/** An RFC 3339 time, normalised to UTC. */
const Timestamp = z.string().transform((text, context) => {
  const time = parseTimeMs(text)
  if (time !== undefined) return new Date(time).toISOString()
  context.addIssue('expected an RFC 3339 time such as 2026-11-20T09:14:03Z')
  return z.NEVER
})

/** A value that is null is an empty text, as for Go's decoder. */
const Metadata = z
  .record(z.string(), OptionalText)
  .nullish()
  .transform((metadata) =>
    Object.fromEntries(
      Object.entries(metadata ?? {}).map(([key, value]) => [key.toWellFormed(), value]),
    ),
  )

/** Where Kubernetes has the Events about an object of the cluster itself, such as a Node. */
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
 * The same as a controller posts it by itself. One without a namespace gets `default`, where the
 * Kubernetes Events about it are: so it is one object whoever reports it, and can be named.
 */
export const PostedObject = InvolvedObject.extend({
  namespace: OptionalText.transform((namespace) => namespace || CLUSTER_OBJECTS_NAMESPACE).pipe(
    NameText(),
  ),
})

/**
 * What a controller reported: the JSON body that Flux controllers post. Lenient where Flux is: only
 * the involved object's kind, namespace and name are required. `severity` is `info`, `error` or `trace` in
 * practice, `timestamp` is RFC 3339 in UTC and absent when the sender gave none.
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
/** An event as a controller posts it by itself: its object may be one of the cluster. */
export const PostedEvent = z.preprocess(
  withFieldNames,
  EventFields.extend({ involvedObject: PostedObject }),
)
export type IncomingEvent = z.infer<typeof IncomingEvent>

/** An Event whose time is known and whose metadata is cleaned. */
export type Event = Readonly<
  Omit<IncomingEvent, 'timestamp' | 'involvedObject' | 'metadata'> & {
    involvedObject: InvolvedObject
    /** RFC 3339, UTC. */
    timestamp: string
    metadata: Readonly<Record<string, string>>
  }
>

/** One item of a batch: a Flux Event, or one with the labels of its involved object. */
export const IncomingItem = z.object({
  event: IncomingEvent,
  objectLabels: z.record(z.string(), Text).nullish(),
})

export type Labels = Readonly<Record<string, string>>

/** In the place of a revision that the sender could not find out; no commit has that name. */
export const UNKNOWN_REVISION = 'unknown'

/** Metadata keys with this prefix are the event's own, whoever reported it. */
export const EVENT_GROUP = 'event.toolkit.fluxcd.io'

/** `kustomize.toolkit.fluxcd.io/v1` -> `kustomize.toolkit.fluxcd.io`; empty for the core group. */
export function apiGroup(object: Pick<InvolvedObject, 'apiVersion'>): string {
  const slash = object.apiVersion.indexOf('/')
  return slash < 0 ? '' : object.apiVersion.slice(0, slash)
}

/**
 * Keys that belong to the event itself, whatever object it is about. A `token` that a
 * notification-controller sends is a user's: it drops that of the object's controller.
 */
const EVENT_OWN_KEYS: ReadonlySet<string> = new Set(['commit', 'change_request', 'token'])

/**
 * Metadata with the prefixes of its keys, which the generic providers of a notification-controller
 * strip: it names itself in the header `Gotk-Component`. A slash in a key says nothing: the Alert
 * there may have added `example.com/team`, which must not be taken for somebody else's and dropped.
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

/** `Kustomization/flux-system/podinfo`: how a person names an object. */
export function objectName(object: Pick<InvolvedObject, 'kind' | 'namespace' | 'name'>): string {
  return `${object.kind}/${object.namespace}/${object.name}`
}

/**
 * The event with all that people read of it without control characters, and without metadata that
 * then has no key.
 */
export function readableEvent(event: Event): Event {
  const { kind, namespace, name } = event.involvedObject
  const entries = Object.entries(event.metadata).map(
    ([key, value]) => [withoutControls(key), withoutControls(value)] as const,
  )
  return {
    ...event,
    message: withoutControls(event.message),
    reason: withoutControls(event.reason),
    reportingController: withoutControls(event.reportingController),
    reportingInstance: withoutControls(event.reportingInstance),
    metadata: Object.fromEntries(entries.filter(([key]) => key !== '')),
    involvedObject: {
      ...event.involvedObject,
      kind: withoutControls(kind),
      namespace: withoutControls(namespace),
      name: withoutControls(name),
    },
  }
}
