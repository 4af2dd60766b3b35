import { FewestFirst } from './fewest-first.ts'
import type { Line } from './line.ts'

/** The most deliveries that wait for a place at one host in memory only: enough for a burst. */
const MOST_UNWRITTEN = 100

/**
 * The most deliveries at one host that are woken ahead of a free place. They have read their rules
 * by the time it is free.
 */
const MOST_AHEAD = 200

/**
 * A host has one place beyond a line's own for each of so many places, so one Provider never has
 * all of them.
 */
const SPARE = 5

/** One host, for one cluster: its places, and the lines of the destinations at it. */
export class Host<Answer> {
  readonly name: string
  readonly cluster: string
  /** The places that one line may have. */
  readonly placesPerLine: number
  /** The places of all lines together. */
  readonly places: number
  free: number
  /**
   * Lines in which deliveries ask for a place; the line with the fewest places gets the next one.
   */
  readonly asking = new FewestFirst<Line<Answer, Host<Answer>>>(({ underWay }) => underWay)
  /**
   * Lines from which a delivery may be woken, as far as is known; the line with the fewest woken
   * deliveries is next.
   */
  readonly wakeable = new FewestFirst<Line<Answer, Host<Answer>>>(({ awaited }) => awaited)
  /** Deliveries that ask for a place and whose records do not wait in the store. */
  unwritten = 0
  /** Deliveries of all lines that were woken and have no place yet. */
  awaited = 0
  lines = 0
  /** Places that were given since the start. */
  given = 0
  /** How many free places only a line without any place may take. */
  readonly #kept: number
  /** How many deliveries are woken ahead of a free place. */
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

  /** Whether the next line that asks may have a free place. */
  get canGive(): boolean {
    const { fewest } = this.asking
    return fewest !== undefined && this.hasPlaceFor(fewest)
  }

  /** Whether a line that has `underWay` places may have another free one. */
  hasPlaceFor(underWay: number): boolean {
    return this.free > (underWay > 0 ? this.#kept : 0)
  }

  /** Whether a new delivery of a line that has `underWay` places has to wait in the store. */
  isFullFor(underWay: number): boolean {
    return !this.hasPlaceFor(underWay) && this.unwritten >= MOST_UNWRITTEN
  }

  /**
   * Whether another delivery may be woken. As many are woken ahead as a line has places, and twice
   * as many as are sent while a woken one is read. So a free place is taken at once, and at a slow
   * host no woken delivery waits for long. If none of those can take the free place, each line that
   * has woken none may wake one.
   */
  get canWake(): boolean {
    const { fewest } = this.wakeable
    if (fewest === undefined) return false
    const isFirst = fewest === 0 && this.free > 0 && this.awaited < this.#ahead + this.places
    return isFirst || this.awaited < this.#ahead
  }

  /**
   * Reports that a woken delivery asks for a place. `givenBefore` is the value of `given` when it
   * was woken.
   */
  came(givenBefore: number): void {
    const wanted = this.placesPerLine + 2 * (this.given - givenBefore)
    this.#ahead = Math.min(Math.max(wanted, this.#ahead - 1), MOST_AHEAD)
  }
}
