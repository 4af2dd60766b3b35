import type { Awaitable } from '../model/awaitable.ts'
import { fieldErrors, fieldErrorText } from '../model/errors.ts'
import {
  apiGroup,
  EVENT_GROUP,
  type Event,
  IncomingEvent,
  IncomingItem,
  type InvolvedObject,
  type Labels,
  MAX_MESSAGE_LENGTH,
  PostedEvent,
  restorePrefixes,
} from '../model/event.ts'
import { hasInvolvedObject } from '../model/event-keys.ts'
import { groupKeys } from '../model/group-keys.ts'
import { hashParts } from '../model/hash.ts'
import { readPlainItem } from '../model/plain-event.ts'
import type { AcceptedEvent } from '../model/queue-messages.ts'
import { MAX_NAME_LENGTH } from '../model/text.ts'
import { timestampMs } from '../model/time.ts'
import type { Clock } from '../ports/clock.ts'
import type { OrderTimes } from '../ports/order-times.ts'
import { slicesOf } from './slices.ts'

/** Where a batch comes from. */
export interface Sender {
  readonly cluster: string
  /**
   * Whether the sender is a notification-controller, whose generic providers strip the prefixes of
   * metadata keys. It says so by the header `Gotk-Component`, or by its signature.
   */
  readonly isNotificationController: boolean
  /**
   * Whether the sender is a controller that posts one event at a time. Its events may be about
   * cluster-scoped objects.
   */
  readonly isController?: boolean
  /** The age from which events are refused: a signature over the body alone could be a replay. */
  readonly maxAgeMs?: number
  /** How far ahead of now an event's time may be; later events are refused. */
  readonly maxAheadMs?: number
}

export interface Rejection {
  /** Index of the item in the batch. */
  readonly index: number
  readonly error: string
}

export interface AcceptedBatch {
  readonly events: readonly AcceptedEvent[]
  readonly rejected: readonly Rejection[]
}

/** An item of a batch as the body reader found it. */
export type RawItem =
  | { readonly value: unknown }
  /** The item could not even be read, such as a bad line of NDJSON. */
  | { readonly error: string }

/**
 * Validates, cleans, names and orders the items of a batch. A bad item rejects itself only. `now`
 * is in milliseconds since the epoch.
 */
export function accept(
  items: readonly RawItem[],
  sender: Sender,
  now: number,
  orderTimes: OrderTimes,
): AcceptedBatch {
  return inOrder(
    items.map((item) => acceptItem(item, sender, now)),
    now,
    orderTimes,
  )
}

/** How many items are accepted without a pause: about two milliseconds of work. */
const SLICE = 20

/** Does what `accept` does, with pauses in which the host may do other work. */
export function acceptInSlices(
  items: readonly RawItem[],
  sender: Sender,
  clock: Clock,
  orderTimes: OrderTimes,
  pause: () => Promise<void>,
): Awaitable<AcceptedBatch> {
  if (items.length <= SLICE) return accept(items, sender, clock.now(), orderTimes)
  return acceptSlices(items, sender, clock, orderTimes, pause)
}

async function acceptSlices(
  items: readonly RawItem[],
  sender: Sender,
  clock: Clock,
  orderTimes: OrderTimes,
  pause: () => Promise<void>,
): Promise<AcceptedBatch> {
  const results: Result[] = []
  for (const slice of slicesOf(items, SLICE)) {
    if (results.length > 0) await pause()
    const now = clock.now()
    for (const item of slice) results.push(acceptItem(item, sender, now))
  }
  // All of a batch at once, and after what was accepted meanwhile.
  return inOrder(results, clock.now(), orderTimes)
}

/** An event that is not in the order of its cluster yet, or the reason why the item is rejected. */
type Result = Omit<AcceptedEvent, 'acceptedAt' | 'orderTime'> | { readonly error: string }

function inOrder(results: readonly Result[], now: number, orderTimes: OrderTimes): AcceptedBatch {
  const events: AcceptedEvent[] = []
  const rejected: Rejection[] = []
  for (const [index, result] of results.entries()) {
    if ('error' in result) {
      rejected.push({ index, error: result.error })
      continue
    }
    const { cluster, event } = result
    const eventTime = timestampMs(event.timestamp)
    const orderTime = orderTimes.next({ cluster, eventTime, now })
    events.push({ ...result, acceptedAt: now, orderTime })
  }
  return { events, rejected }
}

function acceptItem(item: RawItem, sender: Sender, now: number): Result {
  if ('error' in item) return item
  const { value } = item
  const read = readItem(value, sender)
  if ('error' in read) return read
  const event = cleanEvent(read.event, sender, now)
  const untimely = timeError(read.event, sender, now)
  if (untimely !== undefined) return { error: untimely }
  const { cluster } = sender
  return {
    id: eventId(cluster, event),
    cluster,
    group: objectGroupKey(cluster, event.involvedObject),
    event,
    objectLabels: read.objectLabels ?? undefined,
  }
}

interface ReadItem {
  readonly event: IncomingEvent
  readonly objectLabels?: Labels | null | undefined
}

function readItem(value: unknown, sender: Sender): ReadItem | { readonly error: string } {
  const plain = readPlainItem(value, PLAIN_LIMITS)
  if (plain) return plain
  const single = sender.isController === true ? PostedEvent : IncomingEvent
  const parsed = (isWrapped(value) ? IncomingItem : single).safeParse(value)
  if (!parsed.success) {
    return { error: fieldErrors(parsed.error.issues).map(fieldErrorText).join('; ') }
  }
  return 'event' in parsed.data ? parsed.data : { event: parsed.data }
}

const PLAIN_LIMITS = { message: MAX_MESSAGE_LENGTH, name: MAX_NAME_LENGTH }

/**
 * The reason why a signed event is refused for its time: it is too old, or too far in the future.
 */
function timeError({ timestamp }: IncomingEvent, sender: Sender, now: number) {
  const { maxAgeMs, maxAheadMs } = sender
  if (maxAgeMs === undefined && maxAheadMs === undefined) return undefined
  // Without a time nobody could tell how old it is.
  if (timestamp === undefined) return 'timestamp: expected one, since the request is signed'
  const ageMs = now - Date.parse(timestamp)
  if (maxAgeMs !== undefined && ageMs > maxAgeMs) {
    return `timestamp: older than ${maxAgeMs / 86_400_000} days`
  }
  if (maxAheadMs !== undefined && -ageMs > maxAheadMs) {
    return `timestamp: over ${maxAheadMs / 60_000} minutes ahead of the relay's clock`
  }
  return undefined
}

/**
 * Tells an item `{event, objectLabels}` from an event, which may have a field `event` of its own.
 */
function isWrapped(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return 'event' in value && !hasInvolvedObject(value)
}

function cleanEvent(incoming: IncomingEvent, sender: Sender, now: number): Event {
  const group = apiGroup(incoming.involvedObject)
  const named = sender.isNotificationController
    ? restorePrefixes(incoming.metadata, incoming.involvedObject)
    : incoming.metadata
  return {
    ...incoming,
    timestamp: incoming.timestamp ?? new Date(now).toISOString(),
    metadata: cleanMetadata(named, group),
  }
}

const OWN_PREFIX = `${EVENT_GROUP}/`

/** The end of a key that its object's group drops, in any case. */
const DROPPED = /(?:checksum|digest)$/i

/** Keeps the event's own keys and its object group's, without checksums and digests. */
function cleanMetadata(metadata: Labels, group: string): Labels {
  const { prefix } = groupKeys(group)
  const isDropped = (key: string) =>
    DROPPED.test(key) && key.replace(DROPPED, '').toLowerCase() === prefix.toLowerCase()
  const kept: Record<string, string> = {}
  for (const key of Object.keys(metadata).sort()) {
    const isKept = key.startsWith(OWN_PREFIX) || key.startsWith(prefix)
    if (isKept && !isDropped(key)) kept[key] = metadata[key] ?? ''
  }
  return kept
}

function eventId(cluster: string, event: Event): string {
  const { involvedObject: object, metadata } = event
  const parts = [
    cluster,
    object.kind,
    object.namespace,
    object.name,
    object.uid,
    object.apiVersion,
    object.resourceVersion,
    object.fieldPath,
    event.severity,
    event.timestamp,
    event.message,
    event.reason,
    event.reportingController,
    event.reportingInstance,
  ]
  for (const key in metadata) parts.push(key, metadata[key] ?? '')
  return hashParts(...parts)
}

/** The FIFO group of an object's events. */
export function objectGroupKey(
  cluster: string,
  object: Pick<InvolvedObject, 'kind' | 'namespace' | 'name'>,
): string {
  return hashParts(cluster, object.kind, object.namespace, object.name)
}
