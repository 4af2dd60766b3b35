import type { ToldState } from '../spool/told-states.ts'
import { changesState, type EventState } from './event-state.ts'

/** The last reported states of objects, with those of events that are about to be stored. */
export class ToldAhead {
  readonly #stored: (object: string) => ToldState | undefined
  readonly #now: number
  readonly #ahead = new Map<string, ToldState>()

  /** `stored` reads what is stored of an object. */
  constructor(stored: (object: string) => ToldState | undefined, now: number) {
    this.#stored = stored
    this.#now = now
  }

  read(object: string): ToldState | undefined {
    return this.#ahead.get(object) ?? this.#stored(object)
  }

  /** Notes an event that is about to be stored. */
  note(state: EventState): void {
    const before = this.read(state.object)
    if (changesState(state, before, this.#now)) this.#ahead.set(state.object, state)
  }
}
