import type { Answer } from '../relay/api/answer.ts'
import { Delivery } from '../relay/api/schemas/deliveries.ts'
import { jsonValue } from '../relay/model/json-value.ts'
import { isFinal, refusalText } from './answers.ts'
import { readEvents, type ServerSentEvent } from './server-sent-events.ts'
import { UsageError } from './usage-error.ts'

/** What a relay answers that is asked for a stream. */
export type OpenedStream = { readonly refusal: Answer } | OpenTexts

/** A stream that is open until it is read to its end, or closed. */
export interface OpenTexts {
  /** Rejects when the connection breaks, or nothing comes for a while. */
  readonly texts: AsyncIterable<string>
  /** Ends the connection, also when nobody has begun to read. */
  close(): void
}

export interface StreamRequests {
  /** Sends `GET /v1/deliveries/stream`. Rejects with `UsageError` when the relay cannot be reached. */
  openDeliveries(parameters: URLSearchParams, lastEventId?: string): Promise<OpenedStream>
}

/** Deliveries that came or changed, or `missed` when some that did may be missing: a list has them. */
export interface DeliveryChanges extends AsyncIterable<readonly Delivery[] | 'missed'> {
  /** Ends the connection that was opened for them, which nobody may have begun to read. Absent without one. */
  close?(): void
}

/** What a relay is asked that has no stream, and can be asked for changes nevertheless. */
export interface ChangeRequests {
  /**
   * The deliveries that fit the parameters of `GET /v1/deliveries`, as they come or change. Rejects with `UsageError`,
   * and so does reading when the relay cannot be asked.
   */
  deliveryChanges(parameters: URLSearchParams): Promise<DeliveryChanges>
}

/** How long to wait before each try to reach a relay again that did not answer. Milliseconds. */
export const WAITS_MS: readonly number[] = [1_000, 2_000, 4_000, 8_000, 15_000]

/**
 * Follows the deliveries that fit the parameters of `GET /v1/deliveries`. A stream that ends is opened again, for
 * half a minute. Undefined when the relay has no stream, or no place left for one. Rejects with `UsageError` when
 * the relay refuses, and so does reading when it cannot be reached any more.
 */
export async function followDeliveries(
  requests: StreamRequests,
  parameters: Readonly<Record<string, string>>,
  waitsMs = WAITS_MS,
): Promise<DeliveryChanges | undefined> {
  const asked = new URLSearchParams(parameters)
  const opened = await requests.openDeliveries(asked)
  if ('texts' in opened) {
    const changes = changesOf(opened.texts, requests, asked, waitsMs)
    return {
      [Symbol.asyncIterator]: () => changes[Symbol.asyncIterator](),
      close: () => opened.close(),
    }
  }
  const { status } = opened.refusal
  if (status === 404 || status === 503) return undefined
  throw new UsageError(refusalText(opened.refusal), 1)
}

async function* changesOf(
  opened: AsyncIterable<string>,
  requests: StreamRequests,
  asked: URLSearchParams,
  waitsMs: readonly number[],
): DeliveryChanges {
  let texts = opened
  let seen: string | undefined
  for (;;) {
    try {
      for await (const events of readEvents(texts)) {
        if (events.some(({ event }) => event === 'missed')) yield 'missed'
        const deliveries = events.flatMap(deliveryIn)
        if (deliveries.length > 0) yield deliveries
        seen = events.findLast(({ id }) => id !== undefined)?.id ?? seen
      }
    } catch {
      // The connection broke. What came of it is known, and the rest comes by the next one.
    }
    texts = await reopen(requests, asked, seen, waitsMs)
    if (seen === undefined) yield 'missed'
  }
}

function deliveryIn({ event, data }: ServerSentEvent): readonly Delivery[] {
  const delivery = event === 'delivery' ? Delivery.safeParse(jsonValue(data)).data : undefined
  return delivery === undefined ? [] : [delivery]
}

async function reopen(
  requests: StreamRequests,
  asked: URLSearchParams,
  seen: string | undefined,
  waitsMs: readonly number[],
): Promise<AsyncIterable<string>> {
  let failure = new UsageError('the relay ended the stream', 1)
  for (const waitMs of waitsMs) {
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    try {
      const opened = await requests.openDeliveries(asked, seen)
      if ('texts' in opened) return opened.texts
      failure = new UsageError(refusalText(opened.refusal), 1)
      if (isFinal(opened.refusal)) break
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      failure = error
    }
  }
  throw failure
}
