import type { StreamEnd } from '../../relay/api/schemas/deliveries.ts'
import type { FeedEnd } from '../../relay/ports/delivery-feed.ts'
import { endEvent, heartbeat, openingEvent } from './server-sent-events.ts'
import { MOST_NEW_ROWS, type StreamPart } from './stream-backlog.ts'
import type { TailPace, TailStream } from './stream-tail.ts'

/** What a stream costs at most, and how soon it tells. */
export interface StreamLimits extends TailPace {
  /** The most bytes that wait for a reader, unless one part alone has more. */
  readonly maxWaitingBytes: number
  /** How often a stream says that it is still there. Milliseconds. */
  readonly heartbeatMs: number
}

export const STREAM_LIMITS: StreamLimits = {
  maxWaitingBytes: 1024 * 1024,
  writeEveryMs: 250,
  crowdedEveryMs: 1_000,
  heartbeatMs: 15_000,
}

/** What a stream is made of. */
export interface StreamParts {
  /** Lets the stream have what waits for the next write of its tail. */
  catchUp(): void
  /** The position of the latest change. */
  position(): string
  /** Called once, when nobody reads the stream any more or it ends. */
  onEnd(): void
  readonly limits: Pick<StreamLimits, 'maxWaitingBytes' | 'heartbeatMs'>
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
export class DeliveryStream implements TailStream {
  readonly body: ReadableStream<Uint8Array>
  readonly #parts: StreamParts
  readonly #heartbeat: NodeJS.Timeout
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  /** What waits until the reader has taken all that was written before. */
  #waiting: StreamPart[] = []
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
          this.#write()
        },
        cancel: () => this.#close(),
      },
      { highWaterMark: 0 },
    )
  }

  /** Begins with these events, before those that came since the subscription. */
  begin(position: string, first: readonly string[]): void {
    this.#waiting.unshift(partOf([...first, openingEvent(position)].join('')))
  }

  take(parts: readonly StreamPart[]): void {
    if (this.#isEnding) return
    this.#waiting.push(...parts)
    if (this.#isAwaited) this.#write()
    else this.#makeRoom()
  }

  /** Ends the stream after what waits, and an event that says why. */
  ended(reason: FeedEnd): void {
    if (reason !== 'failed') this.#parts.catchUp()
    this.#end(reason)
  }

  /** Says that the stream is there, unless something waits that does. */
  #beat(): void {
    this.#parts.catchUp()
    if (this.#isEnding || this.#waiting.length > 0) return
    this.#waiting.push(partOf(heartbeat(this.#parts.position())))
    this.#write()
  }

  /** New rows that later ones push out of what is shown are given up. What waits then has a bound. */
  #makeRoom(): void {
    let news = 0
    let bytes = 0
    const kept = this.#waiting.toReversed().filter((part) => {
      const isShown = news < MOST_NEW_ROWS
      news += part.news
      if (part.news === 0) bytes += part.bytes.length
      return part.news === 0 || isShown
    })
    this.#waiting = kept.toReversed()
    if (bytes <= this.#parts.limits.maxWaitingBytes || kept.length === 1) return
    // What waits is given up: who is not read does not get memory until they are.
    this.#waiting = []
    this.#end('slow')
  }

  #end(reason: StreamEnd['reason'] & keyof typeof DETAILS): void {
    if (this.#isEnding) return
    this.#isEnding = true
    clearInterval(this.#heartbeat)
    this.#parts.onEnd()
    this.#waiting.push(partOf(endEvent({ reason, detail: DETAILS[reason] })))
    this.#write()
  }

  /** Writes the next of what waits, once the reader has taken all that was written before. */
  #write(): void {
    if (!this.#isAwaited || this.#isOver) return
    const part = this.#waiting.shift()
    if (part === undefined) return
    this.#isAwaited = false
    this.#controller?.enqueue(part.bytes)
    if (!this.#isEnding || this.#waiting.length > 0) return
    this.#isOver = true
    this.#controller?.close()
  }

  /** Nobody reads the stream any more. */
  #close(): void {
    this.#isOver = true
    clearInterval(this.#heartbeat)
    if (this.#isEnding) return
    this.#isEnding = true
    this.#parts.onEnd()
  }
}

function partOf(text: string): StreamPart {
  return { bytes: Buffer.from(text), news: 0 }
}
