import type { Clock } from '../../ports/clock.ts'

/** For how long a process relies on what it found, in milliseconds: another process may report a trouble meanwhile. */
const KNOWN_FOR_MS = 60_000

/** The most keys that are kept: those of the Providers of a fleet. */
const MOST_KEPT = 10_000

/** Of what this process found a moment ago that it is in no trouble, so that it need not look at each delivery. */
export class Untroubled {
  readonly #clock: Pick<Clock, 'elapsed'>
  /** By the key of the trouble, when it was found, by `Clock.elapsed`. */
  readonly #foundAt = new Map<string, number>()

  constructor(clock: Pick<Clock, 'elapsed'>) {
    this.#clock = clock
  }

  has(key: string): boolean {
    const foundAt = this.#foundAt.get(key)
    return foundAt !== undefined && this.#clock.elapsed() - foundAt < KNOWN_FOR_MS
  }

  add(key: string): void {
    if (this.#foundAt.size >= MOST_KEPT) this.#foundAt.clear()
    this.#foundAt.set(key, this.#clock.elapsed())
  }

  delete(key: string): void {
    this.#foundAt.delete(key)
  }
}
