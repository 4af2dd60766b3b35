import type { Line } from './line.ts'
import { Turns } from './turns.ts'

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
  /** Lines in which deliveries ask for a place. */
  readonly asking = new Turns<Line<Answer, Host<Answer>>>()
  /** Lines from which one may be woken, as far as is known. */
  readonly wakeable = new Turns<Line<Answer, Host<Answer>>>()
  /** Deliveries that ask for a place, and wait nowhere else. */
  unwritten = 0
  /** Deliveries that were woken, and have no place yet. */
  awaited = 0
  lines = 0
  /** Places that were given so far. */
  given = 0
  /** How many are woken ahead. */
  #ahead: number

  constructor(name: string, cluster: string, placesPerLine: number) {
    this.name = name
    this.cluster = cluster
    this.placesPerLine = placesPerLine
    this.places = placesPerLine + Math.floor(placesPerLine / SPARE)
    this.free = this.places
    this.#ahead = placesPerLine
  }

  get isIdle(): boolean {
    return this.free === this.places && this.lines === 0
  }

  /** Whether who comes new has to wait in the store. */
  get isFull(): boolean {
    return this.free === 0 && this.unwritten >= MOST_UNWRITTEN
  }

  /**
   * As many as there are places are woken ahead, and twice as many as are sent while one that is woken
   * is read: so each place that is free is taken at once, and at a slow host none waits for long.
   */
  get canWake(): boolean {
    return this.awaited < this.#ahead && !this.wakeable.isEmpty
  }

  /** One that was woken asks for a place; `givenBefore` is what `given` was when it was woken. */
  came(givenBefore: number): void {
    const wanted = this.placesPerLine + 2 * (this.given - givenBefore)
    this.#ahead = Math.min(Math.max(wanted, this.#ahead - 1), MOST_AHEAD)
  }
}
