import { type Mark, now } from './marked-event.ts'

/** What arrived of one load. Times are microseconds of `now`. */
export interface Arrivals {
  /** Events, each counted once. */
  readonly count: number
  /** Requests for events that had come before. */
  readonly repeated: number
  readonly firstAt: number
  readonly lastAt: number
  /** How many arrived in each second after the first, the last one incomplete. */
  readonly perSecond: readonly number[]
  /** From the begin of the post to the arrival, in milliseconds, of all events. */
  readonly latency: Percentiles
}

/** Milliseconds. */
export interface Percentiles {
  readonly p50: number
  readonly p99: number
  readonly p999: number
}

const NONE: Arrivals = {
  count: 0,
  repeated: 0,
  firstAt: 0,
  lastAt: 0,
  perSecond: [],
  latency: { p50: Number.NaN, p99: Number.NaN, p999: Number.NaN },
}

/** Notes what arrives of each load. */
export class ArrivalLog {
  readonly #streams = new Map<string, Stream>()

  add({ stream, index, postedAt }: Mark): void {
    const known = this.#streams.get(stream) ?? new Stream(now())
    this.#streams.set(stream, known)
    known.add(index, postedAt)
  }

  of(stream: string): Arrivals {
    return this.#streams.get(stream)?.arrivals() ?? NONE
  }

  count(stream: string): number {
    return this.#streams.get(stream)?.count ?? 0
  }
}

class Stream {
  readonly #seen = new Set<number>()
  readonly #latencies: number[] = []
  readonly #perSecond: number[] = []
  readonly #firstAt: number
  #lastAt: number
  #repeated = 0

  constructor(firstAt: number) {
    this.#firstAt = firstAt
    this.#lastAt = firstAt
  }

  get count(): number {
    return this.#seen.size
  }

  add(index: number, postedAt: number): void {
    if (this.#seen.has(index)) {
      this.#repeated += 1
      return
    }
    this.#seen.add(index)
    this.#lastAt = now()
    this.#latencies.push((this.#lastAt - postedAt) / 1_000)
    const second = Math.floor((this.#lastAt - this.#firstAt) / 1_000_000)
    this.#perSecond[second] = (this.#perSecond[second] ?? 0) + 1
  }

  arrivals(): Arrivals {
    return {
      count: this.#seen.size,
      repeated: this.#repeated,
      firstAt: this.#firstAt,
      lastAt: this.#lastAt,
      perSecond: Array.from(this.#perSecond, (count) => count ?? 0),
      latency: percentiles(this.#latencies),
    }
  }
}

export function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) }
}
