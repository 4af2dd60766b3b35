import { type Answer, problemAnswer } from '../../../relay/api/answer.ts'
import { readStreamQuery, type StreamQuery } from '../../../relay/api/delivery-query.ts'
import { type EdgeRequest, headerOf } from '../../../relay/api/http.ts'
import { problem } from '../../../relay/api/problem.ts'
import { type Route, routeOf } from '../../../relay/api/route.ts'
import type { ListedRecord } from '../../../relay/model/delivery.ts'
import { slicesOf } from '../../../relay/pipeline/slices.ts'
import type { DeliveryFeed, FeedSubscription } from '../../../relay/ports/delivery-feed.ts'
import type { Ledger } from '../../../relay/ports/ledger.ts'
import type { Ports } from '../../../relay/ports/ports.ts'
import { DeliveryStream, STREAM_LIMITS, type StreamLimits } from '../delivery-stream.ts'
import { deliveryEvent, leftEvent, missedEvent, type StreamFormat } from '../server-sent-events.ts'
import { latestBacklog, wholeBacklog } from '../stream-backlog.ts'
import { StreamTail } from '../stream-tail.ts'

export interface StreamRouteParts {
  readonly ports: Pick<Ports, 'clock'> & { readonly ledger: Pick<Ledger, 'show'> }
  readonly feed: DeliveryFeed
  readonly limits?: Partial<StreamLimits> | undefined
}

/** The most bytes that a client gets of what changed while it was away. */
const MAX_RESUMED_BYTES = 4 * 1024 * 1024

/** How many of the deliveries that changed meanwhile are read at once: the event of one may have megabytes. */
const SHOWN_AT_ONCE = 20

const AS_JSON: StreamFormat = {
  delivery: deliveryEvent,
  left: leftEvent,
  missed: missedEvent({
    detail: 'changes before this may be missing; GET /v1/deliveries has them',
  }),
}

/** How long a client waits before it asks for a place again, in seconds. */
const RETRY_AFTER_S = 10

/** Streams deliveries as they change, as long as the client reads. */
export function deliveryStreamRoute(parts: StreamRouteParts): Route {
  const open = streamOpener(parts, AS_JSON)
  return routeOf('streamDeliveries', { handle: ({ request }) => open(request) })
}

/**
 * Opens streams of deliveries in a format, by the filters in the query of a request. `isOfLatest`: whether their readers
 * show the latest records only, and need not be told of all others.
 */
export function streamOpener(
  { ports, feed, limits: others }: StreamRouteParts,
  format: StreamFormat,
  isOfLatest = false,
): (request: Pick<EdgeRequest, 'query' | 'headers'>) => Promise<Answer> {
  const limits = { ...STREAM_LIMITS, ...others }
  /** Those with readers, by what their readers asked for. */
  const tails = new Map<string, StreamTail>()
  const newTail = (query: StreamQuery): StreamTail => {
    const backlog = isOfLatest ? latestBacklog(format) : wholeBacklog(format)
    const onFailure = (error: unknown) => feed.failed(tail, error)
    const tail = new StreamTail({ query, backlog, pace: limits, onFailure })
    return tail
  }
  return async (request) => {
    const query = readStreamQuery(new URLSearchParams(request.query), ports.clock.now())
    if ('problem' in query) return problemAnswer(query.problem)
    const { key } = query
    const tail = tails.get(key) ?? newTail(query)
    let subscription: FeedSubscription | undefined
    const stream = new DeliveryStream({
      limits,
      catchUp: () => tail.write(),
      position: () => subscription?.position() ?? '',
      onEnd() {
        subscription?.end()
        if (tail.remove(stream) && tails.get(key) === tail) tails.delete(key)
      },
    })
    // Before the subscription, since some feeds tell who subscribes of the latest changes.
    tail.add(stream)
    tails.set(key, tail)
    subscription = feed.subscribe({ audience: tail, ended: (reason) => stream.ended(reason) })
    if (subscription === undefined) {
      await stream.body.cancel()
      const detail = 'as many streams are open as may be; end one, or list deliveries instead'
      return { ...problemAnswer(problem('overloaded', detail)), retryAfterS: RETRY_AFTER_S }
    }
    // What changes while the rest is read comes after it.
    const position = subscription.position()
    try {
      const seen = headerOf(request, 'last-event-id')
      const first =
        seen === undefined ? [] : await eventsSince(seen, { ports, feed, query, format })
      stream.begin(position, first)
    } catch (error) {
      await stream.body.cancel()
      throw error
    }
    return {
      status: 200,
      contentType: 'text/event-stream',
      // What stands between would collect the events, unless it is told not to.
      headers: { 'X-Accel-Buffering': 'no' },
      body: '',
      stream: stream.body,
    }
  }
}

interface Resumed extends StreamRouteParts {
  readonly format: StreamFormat
  readonly query: StreamQuery
}

/** The deliveries that changed since a position, as they stand; one event that says so when it is not known. */
async function eventsSince(
  position: string,
  { ports, feed, query, format }: Resumed,
): Promise<readonly string[]> {
  const ids = feed.changedSince(position)
  if (ids === undefined) return [format.missed]
  const events: string[] = []
  let bytes = 0
  for (const some of slicesOf(ids, SHOWN_AT_ONCE)) {
    for (const record of await Promise.all(some.map((id) => ports.ledger.show(id)))) {
      const event = record && eventOf(record, query, format)
      if (event === undefined) continue
      bytes += Buffer.byteLength(event)
      if (bytes > MAX_RESUMED_BYTES) return [format.missed]
      events.push(event)
    }
  }
  return events
}

function eventOf(
  record: ListedRecord,
  query: StreamQuery,
  format: StreamFormat,
): string | undefined {
  if (query.wants(record)) return format.delivery(record)
  return query.mayHaveTold(record) ? format.left(record) : undefined
}
