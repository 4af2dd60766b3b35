import type { Clock } from '../../relay/ports.ts'

/** 2026-11-20T09:14:03Z, in milliseconds since the epoch: where a ManualClock starts. */
export const START = Date.UTC(2026, 10, 20, 9, 14, 3)

/** A clock that stands still until a test moves it; its random number is always 0.5. */
export class ManualClock implements Clock {
  #now: number

  constructor(now: number = START) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  random(): number {
    return 0.5
  }

  /** Sets the time, forwards or back. Milliseconds since the epoch. */
  set(now: number): void {
    this.#now = now
  }

  /** Moves the time on by `ms`. */
  advance(ms: number): void {
    this.#now += ms
  }
}
