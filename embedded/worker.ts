import type { QueuedEvent, RetryMessage } from '../relay/model/delivery.ts'
import type { Dispatcher } from '../relay/pipeline/dispatch.ts'
import type { Clock } from '../relay/ports.ts'

/** The receiving side of the queue: what is leased comes again unless it is acknowledged. */
export interface ReceivingQueue {
  leaseEvents(max: number): readonly QueuedEvent[]
  acknowledge(event: QueuedEvent): Promise<void>
  release(event: QueuedEvent, notBefore: number): void
  leaseRetries(max: number): readonly RetryMessage[]
  acknowledgeRetry(message: RetryMessage): Promise<void>
  releaseRetry(message: RetryMessage, notBefore: number): void
  nextWakeAt(): number | undefined
  onReady(listener: () => void): void
}

export interface WorkerOptions {
  readonly queue: ReceivingQueue
  readonly dispatcher: Dispatcher
  readonly clock: Clock
  /** A message whose dispatch failed and is put back. */
  readonly onFailure: (error: unknown, retryInMs: number) => void
  /** Most events dispatched at once; one at a time of each object. Default 1,000. */
  readonly eventConcurrency?: number
  /** Most retries at once, a share of their own, so no backlog delays the other. Default 500. */
  readonly retryConcurrency?: number
}

export interface Worker {
  start(): void
  /** Leases nothing more; resolves with whether all that was leased finished within `graceMs`. */
  stop(graceMs: number): Promise<boolean>
}

const FIRST_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 60_000

/** The longest delay that a timer of Node takes. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Leases from the queue, dispatches, acknowledges: events in order per object and parallel across
 * objects. A message whose dispatch fails goes back, with a wait that doubles.
 */
export function createWorker(options: WorkerOptions): Worker {
  const { queue, dispatcher, clock } = options
  const lanes = [
    createLane<QueuedEvent>({
      concurrency: options.eventConcurrency ?? 1_000,
      keyOf: (event) => event.sequence,
      lease: (max) => queue.leaseEvents(max),
      dispatch: (event) => dispatcher.dispatchEvent(event),
      acknowledge: (event) => queue.acknowledge(event),
      release: (event, notBefore) => queue.release(event, notBefore),
      clock,
      onFailure: options.onFailure,
    }),
    createLane<RetryMessage>({
      concurrency: options.retryConcurrency ?? 500,
      keyOf: (message) => `${message.deliveryId}/${message.attempt}`,
      lease: (max) => queue.leaseRetries(max),
      dispatch: (message) => dispatcher.dispatchRetry(message),
      acknowledge: (message) => queue.acknowledgeRetry(message),
      release: (message, notBefore) => queue.releaseRetry(message, notBefore),
      clock,
      onFailure: options.onFailure,
    }),
  ]
  let running = false
  let timer: NodeJS.Timeout | undefined

  const pump = () => {
    if (!running) return
    clearTimeout(timer)
    // Asked before the leases: what falls due in between is leased, and would else have no timer.
    const wakeAt = queue.nextWakeAt()
    for (const lane of lanes) lane.fill(pump)
    if (wakeAt === undefined) return
    timer = setTimeout(pump, Math.min(Math.max(wakeAt - clock.now(), 1), MAX_TIMER_MS))
  }
  queue.onReady(pump)

  return {
    start() {
      running = true
      pump()
    },
    async stop(graceMs) {
      running = false
      clearTimeout(timer)
      const finished = Promise.all(lanes.map((lane) => lane.idle())).then(() => true)
      return Promise.race([finished, expires(graceMs)])
    },
  }
}

function expires(ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref()
  })
}

interface LaneOptions<Message> {
  readonly concurrency: number
  readonly clock: Clock
  readonly onFailure: (error: unknown, retryInMs: number) => void
  keyOf(message: Message): string
  lease(max: number): readonly Message[]
  dispatch(message: Message): Promise<void>
  acknowledge(message: Message): Promise<void>
  release(message: Message, notBefore: number): void
}

/** A share of the worker's capacity, for one kind of message. */
function createLane<Message>(options: LaneOptions<Message>) {
  const underWay = new Set<Promise<void>>()
  /** Failed dispatches in a row, by message. */
  const failures = new Map<string, number>()

  const handle = async (message: Message) => {
    const key = options.keyOf(message)
    try {
      await options.dispatch(message)
      await options.acknowledge(message)
      failures.delete(key)
    } catch (error) {
      const count = (failures.get(key) ?? 0) + 1
      failures.set(key, count)
      const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (count - 1), MAX_BACKOFF_MS)
      options.release(message, options.clock.now() + backoffMs)
      options.onFailure(error, backoffMs)
    }
  }

  return {
    fill(onFree: () => void): void {
      for (const message of options.lease(options.concurrency - underWay.size)) {
        const handled = handle(message).finally(() => {
          underWay.delete(handled)
          onFree()
        })
        underWay.add(handled)
      }
    },
    async idle(): Promise<void> {
      await Promise.all(underWay)
    },
  }
}
