import { noPause, type Pause } from '../../pipeline/slices.ts'
import type { Ports } from '../../ports/ports.ts'
import { type Answer, problemAnswer } from '../answer.ts'
import { MAX_EVENTS_BYTES } from '../body.ts'
import { headerOf } from '../http.ts'
import { type EventCounts, type EventsRequest, receiveEvents } from '../receive-events.ts'
import { type Call, type Route, routeOf } from '../route.ts'
import { spooledEvents } from '../spooled-events.ts'

/** What the routes for events need from a host. */
export interface EventRouteParts {
  readonly ports: Pick<Ports, 'queue' | 'clock' | 'orderTimes'>
  /** The `turn` of the route. */
  readonly turn?: (cluster: string) => Promise<void>
  /** A pause between the parts of a large body. */
  readonly pause?: Pause
  /**
   * Called with what became of the events of a request, and how many more wait at its sender, if that
   * tells it.
   */
  readonly onReceived?: (cluster: string, counts: EventCounts, spooled?: number) => void
}

/** Accepts the events of a cluster, in batches. */
export function eventsRoute(parts: EventRouteParts): Route {
  return routeOf(
    'postEvents',
    limited(parts, (call) => receive(parts, call, 'any')),
  )
}

/** Accepts one event at a time, as Flux's controllers post it. */
export function singleEventRoute(parts: EventRouteParts): Route {
  return routeOf(
    'postEvent',
    limited(parts, (call) => receive(parts, call, 'one')),
  )
}

function limited({ turn }: EventRouteParts, handle: Route['handle']) {
  return { handle, maxBodyBytes: MAX_EVENTS_BYTES, ...(turn && { turn }) }
}

/** A larger body is unpacked in one turn of the event loop, and read in the next. */
const LARGE_BODY_BYTES = 256 * 1024

async function receive(
  { ports, pause = noPause, onReceived }: EventRouteParts,
  call: Call,
  events: EventsRequest['events'],
): Promise<Answer> {
  const read = await call.readBody()
  if ('problem' in read) return problemAnswer(read.problem)
  const { body } = read
  // What signs a large body takes as long as reading it.
  if (body.byteLength > LARGE_BODY_BYTES) await pause()
  const { cluster, isSigned, request } = call
  const answer = await receiveEvents(
    ports,
    {
      cluster,
      isSigned,
      events,
      body,
      contentEncoding: headerOf(request, 'content-encoding'),
      contentType: headerOf(request, 'content-type'),
      gotkComponent: headerOf(request, 'gotk-component'),
    },
    pause,
  )
  onReceived?.(cluster, answer.counts, spooledEvents(request))
  return answer
}
