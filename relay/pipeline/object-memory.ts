import { type Awaitable, whenThere } from '../model/awaitable.ts'
import type { DeliveryRecord, EventOrder } from '../model/delivery.ts'
import { type InvolvedObject, objectName } from '../model/event.ts'
import { isGoodEnd } from '../model/good-ends.ts'
import type { QueuedEvent } from '../model/queue-messages.ts'
import { MAX_SILENCE_MS } from '../model/silence.ts'
import { type ObjectState, objectStateCodec } from '../model/stored/object-state.ts'
import type { Ports } from '../ports/ports.ts'
import type { Versioned } from '../ports/versioned.ts'
import { objectGroupKey } from './accept.ts'
import { Contention } from './contention.ts'
import { rememberedValue } from './damaged-memory.ts'

/**
 * How long an object is remembered. A delivery is retried for 24 hours, and each try asks whether a
 * newer event is known.
 */
const REMEMBER_MS = 25 * 3_600_000

/**
 * How long an object is remembered that has failed. A silence may hold a failure back for its whole time, and
 * asks then whether it lasts.
 */
const REMEMBER_FAILED_MS = MAX_SILENCE_MS + REMEMBER_MS

/** The events of one object, with the properties that `AcceptedEvent` has for them. */
export interface ObjectEvents {
  readonly cluster: string
  readonly group: string
  readonly event: EventOf
}

/** What an event is about, as far as that names the object. */
interface EventOf {
  readonly involvedObject: Pick<InvolvedObject, 'kind' | 'namespace' | 'name'>
}

const NOTHING_SEEN: ObjectState = { severity: '', seen: [] }

export function readObjectState(
  { state }: Pick<Ports, 'state'>,
  object: ObjectEvents,
): Awaitable<Versioned<ObjectState> | undefined> {
  const key = stateKey(object)
  return whenThere(state.read(key), (stored) => {
    if (!stored) return undefined
    const value = rememberedValue(state, objectStateCodec, stored.value, key, () =>
      objectName(object.event.involvedObject),
    )
    return { value: value ?? NOTHING_SEEN, version: stored.version }
  })
}

/**
 * Writes the state that follows `stored`. Throws, or rejects, when another process wrote in between.
 */
export function writeObjectState(
  { state, clock }: Pick<Ports, 'state' | 'clock'>,
  object: ObjectEvents,
  next: ObjectState,
  stored: Versioned<ObjectState> | undefined,
): Awaitable<void> {
  const key = stateKey(object)
  const expiresAt = clock.now() + (next.failure ? REMEMBER_FAILED_MS : REMEMBER_MS)
  const writing = state.write(
    key,
    objectStateCodec.encode(next),
    stored?.version ?? 'absent',
    expiresAt,
    // It means nothing without what becomes of the event.
    { withNext: true },
  )
  return whenThere(writing, (written) => {
    if (!written) throw new Contention(`the state of an object, ${key}, changed under its dispatch`)
  })
}

/** Remembers the failure of an object for as long again, as it is held back on. Rejects when a store fails. */
export async function keepFailure(
  ports: Pick<Ports, 'state' | 'clock'>,
  { cluster, event }: Pick<DeliveryRecord, 'cluster' | 'event'>,
): Promise<void> {
  const object = { cluster, group: objectGroupKey(cluster, event.involvedObject), event }
  const stored = await readObjectState(ports, object)
  if (stored?.value.failure) await writeObjectState(ports, object, stored.value, stored)
}

/** The last failure of an object and its last good end, after one more event. */
export function failureAfter(
  state: ObjectState | undefined,
  { id: eventId, event }: Pick<QueuedEvent, 'id' | 'event'>,
  order: EventOrder,
): Pick<ObjectState, 'failure' | 'end'> {
  const known = endOf(state)
  const isEnd = isGoodEnd(event) && (known === undefined || known < order)
  const end = isEnd ? order : known
  const ended = end !== undefined && { end }
  const last = state?.failure
  const isNewest = event.severity === 'error' && (last === undefined || last.order < order)
  const failure = isNewest ? { eventId, order } : last
  if (failure === undefined) return { ...ended }
  // One that comes late may have ended before it came.
  const isOver = end !== undefined && end > failure.order
  return { ...ended, failure: isOver ? { ...failure, endedBy: end } : failure }
}

/** The order of the newest event after which a failure of the object was over; undefined when none is remembered. */
export function endOf(state: ObjectState | undefined): EventOrder | undefined {
  return state?.end ?? state?.failure?.endedBy ?? state?.failure?.endedBefore
}

/**
 * The order of the last event after which a failure of the object was over, whichever rule kept it from whom; undefined
 * when none is remembered. Rejects when the store fails.
 */
export async function lastEnd(
  ports: Pick<Ports, 'state'>,
  { cluster, event }: Pick<DeliveryRecord, 'cluster' | 'event'>,
): Promise<EventOrder | undefined> {
  const group = objectGroupKey(cluster, event.involvedObject)
  return endOf((await readObjectState(ports, { cluster, group, event }))?.value)
}

/** Whether a failure of the object has ended since it was reported by this event. Rejects when the store fails. */
export async function hasEnded(
  ports: Pick<Ports, 'state'>,
  about: Pick<DeliveryRecord, 'cluster' | 'event' | 'order'>,
): Promise<boolean> {
  const end = await lastEnd(ports, about)
  return end !== undefined && end > about.order
}

/** Whether a newer event of the same object is known. */
export async function isOvertaken(
  ports: Pick<Ports, 'state'>,
  {
    cluster,
    event,
    order,
  }: Pick<DeliveryRecord, 'cluster' | 'order'> & { readonly event: EventOf },
): Promise<boolean> {
  const group = objectGroupKey(cluster, event.involvedObject)
  return isNewer((await readObjectState(ports, { cluster, group, event }))?.value, order)
}

export function isNewer(state: ObjectState | undefined, order: EventOrder): boolean {
  return state?.latest !== undefined && state.latest > order
}

function stateKey({ cluster, group }: ObjectEvents): string {
  return `${cluster}#object#${group}`
}
