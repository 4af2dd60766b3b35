import type { StreamEnd } from '../../relay/api/schemas/deliveries.ts'
import type { LedgerRecord } from '../../relay/model/delivery.ts'
import type { DeliveryChange, FeedEnd, FeedReader } from '../../relay/ports/delivery-feed.ts'
import { endEvent, heartbeat, openingEvent, type SharedEvents } from './server-sent-events.ts'
import type { Backlog } from './stream-backlog.ts'

/** What a stream costs at most, and how soon it tells. */
export interface StreamLimits {
  /** The most bytes that wait for a reader of every change, unless one event alone has more. */
  readonly maxWaitingBytes: number
  /** The shortest time between two writes, so that of many changes many go out in one. Milliseconds. */
  readonly writeEveryMs: number
  /** How often a stream says that it is still there. Milliseconds. */
  readonly heartbeatMs: number
}

export const STREAM_LIMITS: StreamLimits = {
  maxWaitingBytes: 1024 * 1024,
  writeEveryMs: 250,
  heartbeatMs: 15_000,
}

/** What a stream tells of, and to whom. */
export interface StreamParts {
  wants(record: LedgerRecord): boolean
  readonly shared: SharedEvents
  /** What waits for the reader. */
  readonly backlog: Backlog
  /** The position of the latest change. */
  position(): string
  /** Called once, when nobody reads the stream any more or it ends. */
  onEnd(): void
  readonly limits: StreamLimits
}

const DETAILS: Readonly<Record<FeedEnd | 'slow', string>> = {
  slow: 'deliveries changed faster than they were read; come back with Last-Event-ID',
  stopping: 'the relay stops',
  'tokens-changed': 'the tokens of the relay changed; come back with one that is valid',
  failed: 'the relay has a bug; its log has more',
}

/**
 * Deliveries that change, as the body of an answer of Server-Sent Events. What waits for the reader is bounded:
 * one that is too slow gets nothing more but an event that says so.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class DeliveryStream implements FeedReader {
  readonly body: ReadableStream<Uint8Array>
  readonly #parts: StreamParts
  readonly #heartbeat: NodeJS.Timeout
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  /** Set until the next write is due. */
  #turn: NodeJS.Timeout | undefined
  /** What is written before the backlog, and what after it. */
  #before: Uint8Array[] = []
  #after: Uint8Array[] = []
  /** Whether the reader has taken all that was written. */
  #isAwaited = false
  #isEnding = false
  #isOver = false

  constructor(parts: StreamParts) {
    this.#parts = parts
    this.#heartbeat = setInterval(() => this.#beat(), parts.limits.heartbeatMs).unref()
    this.body = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => {
          this.#isAwaited = true
          if (this.#hasWaiting()) this.#schedule()
        },
        cancel: () => this.#close(),
      },
      { highWaterMark: 0 },
    )
  }

  /** Begins with these events, before those that came since the subscription. */
  begin(position: string, first: readonly Uint8Array[]): void {
    this.#before = [...first, openingEvent(position)]
  }

  wants(record: LedgerRecord): boolean {
    return this.#parts.wants(record)
  }

  changed(change: DeliveryChange): void {
    if (this.#isEnding) return
    const { backlog } = this.#parts
    if (!backlog.add(change)) {
      // What waits is given up: who is not read does not get memory until they are.
      this.#before = []
      this.#after = []
      backlog.clear()
      this.#end('slow')
      return
    }
    // Who reads all that comes is never too slow, however much comes at once.
    if (backlog.isLarge()) this.#write()
    else if (this.#isAwaited) this.#schedule()
  }

  ended(reason: FeedEnd): void {
    this.#end(reason)
  }

  #hasWaiting(): boolean {
    return this.#before.length + this.#after.length > 0 || !this.#parts.backlog.isEmpty()
  }

  /** Says that the stream is there. One that was not taken yet says so too, and is the only one that waits. */
  #beat(): void {
    this.#after = [heartbeat(this.#parts.position())]
    if (this.#isAwaited) this.#schedule()
  }

  #end(reason: StreamEnd['reason'] & keyof typeof DETAILS): void {
    if (this.#isEnding) return
    this.#isEnding = true
    clearInterval(this.#heartbeat)
    this.#parts.onEnd()
    this.#after.push(endEvent({ reason, detail: DETAILS[reason] }))
    this.#write()
  }

  /** Lets the next write wait for `ms`, and for what comes until then. */
  #schedule(ms = 0): void {
    this.#turn ??= setTimeout(() => {
      this.#turn = undefined
      if (this.#hasWaiting()) this.#write()
    }, ms)
  }

  /** Writes what waits, once the reader has taken all that was written before. */
  #write(): void {
    if (!this.#isAwaited || this.#isOver) return
    this.#isAwaited = false
    const { shared, backlog, limits } = this.#parts
    const bytes = shared.join([...this.#before, ...backlog.take(), ...this.#after])
    this.#before = []
    this.#after = []
    this.#controller?.enqueue(bytes)
    if (this.#isEnding) {
      this.#isOver = true
      clearTimeout(this.#turn)
      this.#controller?.close()
      return
    }
    // All streams write at the same moments, so that they share what they write.
    const { writeEveryMs } = limits
    this.#schedule(writeEveryMs - (performance.now() % writeEveryMs))
  }

  /** Nobody reads the stream any more. */
  #close(): void {
    this.#isOver = true
    clearInterval(this.#heartbeat)
    clearTimeout(this.#turn)
    if (this.#isEnding) return
    this.#isEnding = true
    this.#parts.onEnd()
  }
}
