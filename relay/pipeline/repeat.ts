import type { QueuedEvent } from '../model/delivery.ts'
import type { ObjectState, SeenEvent } from '../model/stored/object-state.ts'
import type { Ports } from '../ports/ports.ts'
import { fingerprint } from './fingerprint.ts'
import type { Candidate } from './match.ts'
import { isNewer, readObjectState, writeObjectState } from './object-memory.ts'
import { eventOrder, orderTime } from './order.ts'
import { findRepeats, type Repeats, type RepeatsContext } from './repeats-by-alert.ts'

/** Events of one object that are remembered within the interval. */
const MAX_REMEMBERED = 64

/** Of these, events of one fingerprint: an Alert that fails all the time adds one for each event. */
const MAX_ALIKE = 8

/** What the earlier events of its object say about an event. */
export interface Place {
  readonly repeats: Repeats
  /** Whether a newer event of the object came first. */
  readonly overtaken: boolean
}

export interface PlaceContext extends RepeatsContext {
  readonly ports: Pick<Ports, 'state' | 'clock' | 'ledger'>
}

export interface PlaceOptions {
  /** How long a repeat is one, in milliseconds. */
  readonly intervalMs: number
  /** What comes of the event for each Alert whose source fits. */
  readonly candidates: Iterable<Candidate>
  /**
   * The event comes again, and was no repeat for all. To remember it once more, after what may be
   * newer events of its object, would make the next one like it a repeat.
   */
  readonly hasDeliveries: boolean
}

/**
 * Says for whom an event repeats an earlier one of its object: same fingerprint, within the interval,
 * no other severity in between, and told or about to be. Remembers the event unless there is nobody
 * who is told by it.
 */
export async function findPlace(
  context: PlaceContext,
  queued: QueuedEvent,
  { intervalMs, candidates, hasDeliveries }: PlaceOptions,
): Promise<Place> {
  const stored = await readObjectState(context.ports, queued)
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
  const repeats = await findRepeats(context, earlier, candidates)

  const isRemembered = hasDeliveries || alike.length > earlier.length
  if (repeats.areForAll || isRemembered) return { repeats, overtaken }
  const forgotten = alike.length < MAX_ALIKE ? undefined : leastOf(alike, repeats)
  const next: ObjectState = {
    severity,
    seen: [...seen.filter((event) => event !== forgotten), own].slice(-MAX_REMEMBERED),
    latest: overtaken && state?.latest !== undefined ? state.latest : order,
  }
  await writeObjectState(context.ports, queued, next, stored)
  return { repeats, overtaken }
}

/**
 * The first that nobody was told of. Else the oldest, whose time is over first: whoever it was told
 * to is told again by the event at work.
 */
function leastOf(alike: readonly SeenEvent[], { events }: Repeats): SeenEvent | undefined {
  return alike.find((event) => !events.includes(event)) ?? alike[0]
}
