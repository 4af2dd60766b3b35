import { type Awaitable, whenThere } from '../model/awaitable.ts'
import type { QueuedEvent } from '../model/queue-messages.ts'
import type { ObjectState, SeenEvent } from '../model/stored/object-state.ts'
import type { Ports } from '../ports/ports.ts'
import type { Versioned } from '../ports/versioned.ts'
import { fingerprint } from './fingerprint.ts'
import type { Candidate } from './match.ts'
import { failureAfter, isNewer, writeObjectState } from './object-memory.ts'
import { eventOrder, orderTime } from './order.ts'
import { findRepeats, type Repeats, type RepeatsContext } from './repeats-by-alert.ts'

/** The most events of one object that are remembered within the interval. */
const MAX_REMEMBERED = 64

/**
 * The most of these that have the same fingerprint: an Alert that fails all the time adds one for
 * each event.
 */
const MAX_ALIKE = 8

/** What the earlier events of its object tell about an event. */
export interface Place {
  readonly repeats: Repeats
  /** Whether a newer event of the object was dispatched before it. */
  readonly overtaken: boolean
}

export interface PlaceContext extends RepeatsContext {
  readonly ports: Pick<Ports, 'state' | 'clock' | 'ledger'>
}

export interface PlaceOptions {
  /** How long an event counts as repeated, in milliseconds. */
  readonly intervalMs: number
  /** What becomes of the event for each Alert whose source fits. */
  readonly candidates: Iterable<Candidate>
  /**
   * Whether the event was dispatched before and has deliveries, so it was not a repeat for every
   * Alert. It is not remembered again: newer events of its object may have come, and the next event
   * like it would count as a repeat.
   */
  readonly hasDeliveries: boolean
  /** Whether the cluster is observed. What would have been sent then counts as told. */
  readonly isObserved: boolean
}

/**
 * Tells for which Alerts an event repeats an earlier one of its object: it has the same
 * fingerprint, within the interval, no other severity came in between, and the Alert was told or is
 * about to be. Remembers the event, unless it tells nobody anything. `stored` is what is remembered
 * of its object.
 */
export function findPlace(
  context: PlaceContext,
  queued: QueuedEvent,
  stored: Versioned<ObjectState> | undefined,
  { intervalMs, candidates, hasDeliveries, isObserved }: PlaceOptions,
): Awaitable<Place> {
  const state = stored?.value
  const { severity } = queued.event
  const own: SeenEvent = {
    fingerprint: fingerprint(queued.event),
    eventId: queued.id,
    at: orderTime(queued),
  }
  const order = eventOrder(queued)
  const overtaken = isNewer(state, order)
  const seen =
    state?.severity === severity
      ? state.seen.filter(({ at }) => Math.abs(at - own.at) < intervalMs)
      : []
  const alike = seen.filter((event) => event.fingerprint === own.fingerprint)
  const earlier = alike.filter(({ eventId }) => eventId !== own.eventId)
  return whenThere(findRepeats(context, earlier, candidates, isObserved), (repeats) => {
    const place = { repeats, overtaken }
    const isRemembered = hasDeliveries || alike.length > earlier.length
    if (repeats.areForAll || isRemembered) return place
    const forgotten = alike.length < MAX_ALIKE ? undefined : leastOf(alike, repeats)
    const kept = forgotten ? seen.filter((event) => event !== forgotten) : seen
    const next: ObjectState = {
      severity,
      seen: [...kept, own].slice(-MAX_REMEMBERED),
      latest: overtaken && state?.latest !== undefined ? state.latest : order,
      ...failureAfter(state, queued, order),
    }
    return whenThere(writeObjectState(context.ports, queued, next, stored), () => place)
  })
}

/**
 * The event to forget: the first that nobody was told about, or else the oldest, which expires
 * first. Those who were told about it are told again by the current event.
 */
function leastOf(alike: readonly SeenEvent[], { events }: Repeats): SeenEvent | undefined {
  return alike.find((event) => !events.includes(event)) ?? alike[0]
}
