import type { Line } from './line.ts'
import { Turns } from './turns.ts'

/** One host: its places, and the lines of the destinations at it. */
export class Host<Answer> {
  readonly name: string
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

  constructor(name: string, places: number) {
    this.name = name
    this.places = places
    this.free = places
  }

  get isIdle(): boolean {
    return this.free === this.places && this.lines === 0
  }

  /** As many as there are places are woken ahead, so that each that is free is taken at once. */
  get canWake(): boolean {
    return this.awaited < this.places && !this.wakeable.isEmpty
  }
}
