import { objectName } from '../model/event.ts'
import { ellipsize } from '../model/text.ts'
import {
  type AcceptedBatch,
  acceptInSlices,
  type Rejection,
  type Sender,
} from '../pipeline/accept.ts'
import { noPause, type Pause, slicesOf } from '../pipeline/slices.ts'
import type { Ports } from '../ports/ports.ts'
import type { SendResult } from '../ports/queue.ts'
import { type Answer, emptyAnswer, jsonAnswer, problemAnswer } from './answer.ts'
import type { RequestBody } from './body.ts'
import { type Items, readItems, readSingleItem } from './event-items.ts'
import { problem } from './problem.ts'

/**
 * The oldest time of a signed event: 7 days ago. A signature covers the body only, so an old
 * request could be sent again.
 */
export const MAX_SIGNED_EVENT_AGE_MS = 7 * 24 * 3_600_000

/**
 * How far ahead of the relay's clock a signed event may be; otherwise it would stay valid for
 * longer.
 */
export const MAX_SIGNED_EVENT_AHEAD_MS = 10 * 60_000

/** A request with events whose sender is known. */
export interface EventsRequest extends RequestBody {
  readonly cluster: string
  /** The header `Gotk-Component` of a notification-controller, if there is one. */
  readonly gotkComponent?: string | undefined
  /** Whether a signature proves the sender. */
  readonly isSigned: boolean
  /** Whether the request may have one event only. With `one` a batch is refused. */
  readonly events: 'one' | 'any'
}

/** What became of the items of a request, for metrics. */
export interface EventCounts {
  /** How many were queued now, without duplicates. */
  readonly accepted: number
  /** How many were sent again within the queue's memory, and so not queued again. */
  readonly duplicates: number
  readonly rejected: number
  /** Why the first of the rejected ones was, where others of the request were taken. */
  readonly firstRejection?: string
  /** The first of the duplicates. */
  readonly firstDuplicate?: { readonly event: string; readonly object: string }
}

export interface EventsAnswer extends Answer {
  readonly counts: EventCounts
}

const NOTHING: EventCounts = { accepted: 0, duplicates: 0, rejected: 0 }

/**
 * Accepts a request with events. Answers 202 only when every good item is queued: `{accepted,
 * rejected: [{index, error}]}`, or no body for the one event of a Flux controller. Answers 400 when
 * none is good, and 503 when the queue fails: the sender then sends the whole request again, which
 * is harmless because the queue removes duplicates. It never answers 429, after which Flux's event
 * recorder gives up at once. Waits for `pause` now and then while it reads a large batch, so that
 * the host can do other work.
 */
export async function receiveEvents(
  ports: Pick<Ports, 'queue' | 'clock' | 'orderTimes'>,
  request: EventsRequest,
  pause: Pause = noPause,
): Promise<EventsAnswer> {
  const reading = readRequest(request, pause)
  const read = reading instanceof Promise ? await reading : reading
  if ('problem' in read) return { ...problemAnswer(read.problem), counts: NOTHING }
  const sender = senderOf(request)
  const { clock, orderTimes } = ports
  const accepting = acceptInSlices(read.items, sender, clock, orderTimes, pause)
  const batch = accepting instanceof Promise ? await accepting : accepting
  const rejected = batch.rejected.map(bounded)
  if (batch.events.length === 0) return allBad(rejected)
  return await queueAll(ports, request, { ...batch, rejected }, read.items.length, pause)
}

function readRequest(request: EventsRequest, pause: Pause): Items | Promise<Items> {
  return request.events === 'one' ? readSingleItem(request) : readItems(request, pause)
}

/**
 * The sender of the events. A signature does not cover the headers, so whoever sends a request
 * again may change them. One event would then become two: with and without prefixes. So signed
 * events always get prefixes: what signs them is the `generic-hmac` provider of a
 * notification-controller.
 */
function senderOf({ cluster, events, isSigned, gotkComponent }: EventsRequest): Sender {
  const sender = { cluster, isController: events === 'one' }
  if (!isSigned) return { ...sender, isNotificationController: gotkComponent !== undefined }
  const maxAgeMs = MAX_SIGNED_EVENT_AGE_MS
  const maxAheadMs = MAX_SIGNED_EVENT_AHEAD_MS
  return { ...sender, isNotificationController: true, maxAgeMs, maxAheadMs }
}

/** The longest error text, since names that the sender chose are part of it. */
const MAX_ERROR_LENGTH = 1_000

function bounded({ index, error }: Rejection): Rejection {
  return { index, error: ellipsize(error, MAX_ERROR_LENGTH) }
}

function allBad(rejected: readonly Rejection[]): EventsAnswer {
  const [first] = rejected
  const detail =
    rejected.length === 1
      ? `the event is not valid: ${first?.error}`
      : `none of ${rejected.length} events is valid; the first: ${first?.error}`
  return {
    ...problemAnswer(problem('none-good', detail, { errors: rejected })),
    counts: { ...NOTHING, rejected: rejected.length },
  }
}

/** How many events of one request are queued in one turn: some milliseconds of work. */
const MOST_QUEUED_AT_ONCE = 250

async function queueAll(
  ports: Pick<Ports, 'queue'>,
  request: Pick<EventsRequest, 'events'>,
  batch: AcceptedBatch,
  itemCount: number,
  pause: Pause,
): Promise<EventsAnswer> {
  try {
    const { events } = batch
    const isSmall = events.length <= MOST_QUEUED_AT_ONCE
    const results = await (isSmall
      ? ports.queue.send(events)
      : queueInSlices(ports.queue, events, pause))
    const rejected = withTooLarge(batch, results, itemCount)
    if (rejected.length === itemCount) return allBad(rejected)
    const accepted = itemCount - rejected.length
    const duplicates = results.filter((result) => result === 'duplicate').length
    const [first] = rejected
    return {
      ...(request.events === 'one' ? emptyAnswer(202) : jsonAnswer(202, { accepted, rejected })),
      counts: {
        accepted: accepted - duplicates,
        duplicates,
        rejected: rejected.length,
        ...(first && { firstRejection: first.error }),
        ...(duplicates > 0 && { firstDuplicate: firstDuplicate(batch, results) }),
      },
    }
  } catch (cause) {
    const detail = 'the events could not be queued; send the request again'
    return { ...problemAnswer(problem('not-stored', detail), cause), counts: NOTHING }
  }
}

async function queueInSlices(
  queue: Ports['queue'],
  events: AcceptedBatch['events'],
  pause: Pause,
): Promise<readonly SendResult[]> {
  const results: SendResult[] = []
  for (const slice of slicesOf(events, MOST_QUEUED_AT_ONCE)) {
    if (results.length > 0) await pause()
    results.push(...(await queue.send(slice)))
  }
  return results
}

/** What names the first event that the queue had already. */
function firstDuplicate({ events }: AcceptedBatch, results: readonly SendResult[]) {
  const event = events[results.indexOf('duplicate')]
  return { event: event?.id ?? '', object: event ? objectName(event.event.involvedObject) : '' }
}

/** What is rejected, with the events that the queue cannot hold, by their index in the request. */
function withTooLarge(
  { rejected }: AcceptedBatch,
  results: readonly SendResult[],
  itemCount: number,
): readonly Rejection[] {
  if (!results.includes('too-large')) return rejected
  const bad = new Set(rejected.map(({ index }) => index))
  const good = Array.from({ length: itemCount }, (_, index) => index).filter((i) => !bad.has(i))
  const error = 'too large for the queue, even compressed; shorten its metadata or labels'
  const tooLarge = good
    .filter((_, place) => results[place] === 'too-large')
    .map((index) => ({ index, error }))
  return [...rejected, ...tooLarge].sort((a, b) => a.index - b.index)
}
