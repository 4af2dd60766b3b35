import { type Expiry, type ExpiryClock, expiresIn, isOver } from '../../model/expiry.ts'

/** For how long a process relies on what it found, in milliseconds: another process may report a trouble meanwhile. */
const KNOWN_FOR_MS = 60_000

/** The most keys that are kept: those of the Providers of a fleet. */
const MOST_KEPT = 10_000

/** Of what this process found a moment ago that it is in no trouble, so that it need not look at each delivery. */
export class Untroubled {
  readonly #clock: ExpiryClock
  /** By the key of the trouble, until when that is relied on. */
  readonly #known = new Map<string, Expiry>()

  constructor(clock: ExpiryClock) {
    this.#clock = clock
  }

  has(key: string): boolean {
    const until = this.#known.get(key)
    return until !== undefined && !isOver(this.#clock, until)
  }

  add(key: string): void {
    if (this.#known.size >= MOST_KEPT) this.#known.clear()
    this.#known.set(key, expiresIn(this.#clock, KNOWN_FOR_MS))
  }

  delete(key: string): void {
    this.#known.delete(key)
  }
}
