import type { AcceptedEvent, RetryMessage } from '../../relay/model/queue-messages.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Queue, SendResult } from '../../relay/ports/queue.ts'
import { mapConcurrently } from './concurrency.ts'
import { delaySeconds, isHeldByLedger } from './retry-delay.ts'
import { type BatchEntry, type BatchSender, sendBatch, toBatches } from './sqs-batch.ts'
import { encodeEvent, encodeRetry } from './sqs-message.ts'

export interface SqsQueueOptions {
  readonly client: BatchSender
  /** The URL of a FIFO queue whose de-duplication scope is the message group. */
  readonly eventsQueueUrl: string
  /**
   * The URL of a standard queue, since only those can delay single messages. Its message groups are
   * the clusters.
   */
  readonly retriesQueueUrl: string
  readonly clock: Clock
  /** Milliseconds before what SQS failed is sent again, doubled each time. */
  readonly backoffMs?: number
}

const CONCURRENT_BATCHES = 8

/** How much later a copy of a message comes than the message, so that it finds the work done. */
const COPY_GRACE_MS = 30_000

/**
 * The Queue on SQS. SQS drops an event whose id it took within five minutes, but does not tell, so
 * a duplicate counts as queued.
 */
export class SqsQueue implements Queue {
  readonly #options: SqsQueueOptions
  /** The event that was given its place last. */
  #latest = { acceptedAt: Number.NaN, place: 0 }

  constructor(options: SqsQueueOptions) {
    this.#options = options
  }

  /** Queues events. Rejects when it is not certain that all are queued; some of them may be. */
  async send(events: readonly AcceptedEvent[]): Promise<readonly SendResult[]> {
    const entries = events.map((event) => eventEntry(event, this.#placeOf(event)))
    const fitting = entries.filter((entry) => entry !== undefined)
    for (const wave of toWaves(fitting)) await this.#sendAll(this.#options.eventsQueueUrl, wave)
    return entries.map((entry) => (entry === undefined ? 'too-large' : 'queued'))
  }

  /** Counts on over the calls of one millisecond, so that no later event comes before an earlier one. */
  #placeOf({ acceptedAt }: AcceptedEvent): number {
    const place = acceptedAt === this.#latest.acceptedAt ? this.#latest.place + 1 : 0
    this.#latest = { acceptedAt, place }
    return place
  }

  /**
   * Queues retries. A retry that its record holds until it is due gets no message: `DueIndex` finds
   * it. Any other that is due in more than 15 minutes is delivered after 15, and hops
   * (`retryStep`).
   */
  sendRetries(messages: readonly RetryMessage[]): Promise<void> {
    return this.#sendRetries(messages, 0)
  }

  /**
   * Queues copies of retries, with a delay: SQS keeps every copy, and copies at the same time would
   * all be tried.
   */
  resendRetries(messages: readonly RetryMessage[]): Promise<void> {
    return this.#sendRetries(messages, COPY_GRACE_MS)
  }

  async #sendRetries(messages: readonly RetryMessage[], graceMs: number): Promise<void> {
    const now = this.#options.clock.now()
    const entries = messages.filter(needsMessage).map((message) => ({
      MessageBody: encodeRetry({ ...message, dueAt: message.dueAt + graceMs }),
      DelaySeconds: delaySeconds(message.dueAt + graceMs, now),
      // A cluster with many messages in flight, or slow ones, lets those of the others go first:
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
      ...(message.cluster !== undefined && { MessageGroupId: message.cluster }),
    }))
    await this.#sendAll(this.#options.retriesQueueUrl, entries)
  }

  async #sendAll(queueUrl: string, entries: readonly BatchEntry[]): Promise<void> {
    await mapConcurrently(toBatches(entries), CONCURRENT_BATCHES, (batch) =>
      sendBatch(queueUrl, batch, this.#options),
    )
  }
}

function needsMessage({ dueAt, decidedAt }: RetryMessage): boolean {
  return decidedAt === undefined || !isHeldByLedger(dueAt, decidedAt)
}

type EventEntry = BatchEntry & { readonly MessageGroupId: string }

/** The entry for the event at a place among those of its accept time; undefined when it is too large. */
function eventEntry(event: AcceptedEvent, place: number): EventEntry | undefined {
  const message = encodeEvent(event, place)
  return message && { ...message, MessageGroupId: event.group, MessageDeduplicationId: event.id }
}

/**
 * Arranges entries in waves: the first events of all groups, then the second ones, and so on. SQS
 * may accept one entry of a batch and fail another, so two events of a group are never in one
 * batch: the later could overtake the earlier.
 */
function toWaves(entries: readonly EventEntry[]): ReadonlyArray<readonly EventEntry[]> {
  const waves: EventEntry[][] = []
  const sizes = new Map<string, number>()
  for (const entry of entries) {
    const before = sizes.get(entry.MessageGroupId) ?? 0
    sizes.set(entry.MessageGroupId, before + 1)
    const wave = waves[before]
    if (wave) wave.push(entry)
    else waves.push([entry])
  }
  return waves
}
