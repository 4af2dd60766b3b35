import { FewestFirst } from './fewest-first.ts'
import type { Line } from './line.ts'

/** Deliveries that wait for a place at one host in memory alone: enough for a burst. */
const MOST_UNWRITTEN = 100

/** Deliveries at one host that are woken ahead at most: they have read their rules by then. */
const MOST_AHEAD = 200

/** One place for so many of a line is beyond the line's own: one Provider never has all of a host. */
const SPARE = 5

/** One host, for one cluster: its places, and the lines of the destinations at it. */
export class Host<Answer> {
  readonly name: string
  readonly cluster: string
  /** Of one line. */
  readonly placesPerLine: number
  /** Of all lines. */
  readonly places: number
  free: number
  /** Lines in which deliveries ask for a place; who has the fewest gets the next. */
  readonly asking = new FewestFirst<Line<Answer, Host<Answer>>>(({ underWay }) => underWay)
  /** Lines from which one may be woken, as far as is known; of which the fewest were is next. */
  readonly wakeable = new FewestFirst<Line<Answer, Host<Answer>>>(({ awaited }) => awaited)
  /** Deliveries that ask for a place, and wait nowhere else. */
  unwritten = 0
  /** Deliveries of all lines that were woken, and have no place yet. */
  awaited = 0
  lines = 0
  /** Places that were given so far. */
  given = 0
  /** Of the places beyond a line's own, the last goes only to a line that has none. */
  readonly #kept: number
  /** How many are woken ahead. */
  #ahead: number

  constructor(name: string, cluster: string, placesPerLine: number) {
    this.name = name
    this.cluster = cluster
    this.placesPerLine = placesPerLine
    this.places = placesPerLine + Math.floor(placesPerLine / SPARE)
    this.free = this.places
    this.#kept = this.places > placesPerLine ? 1 : 0
    this.#ahead = placesPerLine
  }

  get isIdle(): boolean {
    return this.free === this.places && this.lines === 0
  }

  /** Whether whoever asks first may have one of the places that are free. */
  get canGive(): boolean {
    const { fewest } = this.asking
    return fewest !== undefined && this.hasPlaceFor(fewest)
  }

  /** Whether a line that has so many places may have one more of those that are free. */
  hasPlaceFor(underWay: number): boolean {
    return this.free > (underWay > 0 ? this.#kept : 0)
  }

  /** Whether who comes new to a line that has so many places has to wait in the store. */
  isFullFor(underWay: number): boolean {
    return !this.hasPlaceFor(underWay) && this.unwritten >= MOST_UNWRITTEN
  }

  /**
   * As many as there are places are woken ahead, and twice as many as are sent while one that is woken
   * is read: so each place that is free is taken at once, and at a slow host none waits for long. While
   * those cannot have the place that is free, one of each line that woke none may.
   */
  get canWake(): boolean {
    const { fewest } = this.wakeable
    if (fewest === undefined) return false
    const isFirst = fewest === 0 && this.free > 0 && this.awaited < this.#ahead + this.places
    return isFirst || this.awaited < this.#ahead
  }

  /** One that was woken asks for a place; `givenBefore` is what `given` was when it was woken. */
  came(givenBefore: number): void {
    const wanted = this.placesPerLine + 2 * (this.given - givenBefore)
    this.#ahead = Math.min(Math.max(wanted, this.#ahead - 1), MOST_AHEAD)
  }
}
