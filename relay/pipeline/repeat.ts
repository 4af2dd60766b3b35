import type { QueuedEvent } from '../model/delivery.ts'
import type { ObjectState } from '../model/stored/object-state.ts'
import type { Ports } from '../ports.ts'
import { fingerprint } from './fingerprint.ts'
import { isNewer, readObjectState, writeObjectState } from './object-memory.ts'
import { eventOrder, orderTime } from './order.ts'

/** Different messages of one object that are remembered within the interval. */
const MAX_REMEMBERED = 64

/** The earlier event that another one repeats. */
export interface Repeat {
  readonly ofEventId: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** What the earlier events of its object say about an event. */
export interface Place {
  /** Undefined when it repeats none. */
  readonly repeat: Repeat | undefined
  /** Whether a newer event of the object came first. */
  readonly overtaken: boolean
}

export interface PlaceOptions {
  /** How long a repeat is one. */
  readonly intervalMs: number
  /**
   * The event comes again, and was found to be no repeat. To remember it once more, after what may
   * be newer events of its object, would make the next one like it a repeat.
   */
  readonly hasDeliveries: boolean
}

/**
 * Says whether an event repeats an earlier one of its object: same fingerprint, within the
 * interval, no other severity in between. Remembers the event when it does not.
 */
export async function findPlace(
  ports: Ports,
  queued: QueuedEvent,
  { hasDeliveries, intervalMs }: PlaceOptions,
): Promise<Place> {
  const stored = await readObjectState(ports, queued)
  const state = stored?.value
  const { severity } = queued.event
  const [at, order] = [orderTime(queued), eventOrder(queued)]
  const overtaken = isNewer(state, order)
  if (hasDeliveries) return { repeat: undefined, overtaken }

  const print = fingerprint(queued.event)
  const seen =
    state?.severity === severity
      ? state.seen.filter((entry) => Math.abs(entry.at - at) < intervalMs)
      : []

  const earlier = seen.find((entry) => entry.fingerprint === print)
  if (earlier) {
    const isItself = earlier.eventId === queued.id
    const repeat = isItself ? undefined : { ofEventId: earlier.eventId, at: earlier.at }
    return { repeat, overtaken }
  }

  const next: ObjectState = {
    severity,
    seen: [...seen, { fingerprint: print, eventId: queued.id, at }].slice(-MAX_REMEMBERED),
    latest: overtaken && state?.latest !== undefined ? state.latest : order,
  }
  await writeObjectState(ports, queued, next, stored)
  return { repeat: undefined, overtaken }
}
