import type { StreamQuery } from '../../relay/api/delivery-query.ts'
import type { ListedRecord } from '../../relay/model/delivery.ts'
import type { DeliveryChange, FeedAudience } from '../../relay/ports/delivery-feed.ts'
import type { Backlog, StreamPart, WaitingChange } from './stream-backlog.ts'

/** How often the streams of a tail are written. Milliseconds. */
export interface TailPace {
  /** The shortest time between two writes, so that of many changes many go out in one. */
  readonly writeEveryMs: number
  /** The same after more came than is told. */
  readonly crowdedEveryMs: number
}

export interface TailParts {
  /** What its streams tell of. */
  readonly query: Pick<StreamQuery, 'wants' | 'mayHaveTold'>
  readonly backlog: Backlog
  readonly pace: TailPace
  /** Told of what failed while the streams were written. */
  onFailure(error: unknown): void
}

/** A stream that a tail writes. */
export interface TailStream {
  take(parts: readonly StreamPart[]): void
}

/**
 * What streams with the same filters and the same format are told: each change is looked at, and made into an event,
 * once for all of them. The first change is written at once, and then those of a while in one write.
 */
export class StreamTail implements FeedAudience {
  readonly #parts: TailParts
  readonly #streams = new Set<TailStream>()
  #timer: NodeJS.Timeout | undefined
  /** When the next write may be, by `performance.now`. */
  #nextAt = 0

  constructor(parts: TailParts) {
    this.#parts = parts
  }

  /** Adds a stream, which is told of what changes from now on. */
  add(stream: TailStream): void {
    this.write()
    this.#streams.add(stream)
  }

  /** Removes a stream. Gives whether no other is left. */
  remove(stream: TailStream): boolean {
    this.#streams.delete(stream)
    if (this.#streams.size > 0) return false
    clearTimeout(this.#timer)
    return true
  }

  wants(record: ListedRecord): boolean {
    return this.#parts.query.wants(record)
  }

  /** Nobody remembers what each reader has, so readers are told of all that may have left what they have. */
  unwanted(change: DeliveryChange): void {
    if (this.#parts.query.mayHaveTold(change.record)) this.changed({ ...change, hasLeft: true })
  }

  changed(change: WaitingChange): void {
    const { backlog } = this.#parts
    backlog.add(change)
    // Who reads all that comes is never too slow, however much comes at once.
    if (backlog.isLarge()) this.#writeNow()
    else
      this.#timer ??= setTimeout(() => this.write(), Math.max(1, this.#nextAt - performance.now()))
  }

  /** Writes what waits. Never throws. */
  write(): void {
    try {
      this.#writeNow()
    } catch (error) {
      this.#parts.onFailure(error)
    }
  }

  #writeNow(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const { backlog, pace } = this.#parts
    if (backlog.isEmpty()) return
    const waitMs = backlog.isCrowded() ? pace.crowdedEveryMs : pace.writeEveryMs
    const parts = backlog.take()
    for (const stream of [...this.#streams]) stream.take(parts)
    this.#nextAt = performance.now() + waitMs
  }
}
