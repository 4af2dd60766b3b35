import type { Clock } from '../../relay/ports/clock.ts'

/** 2026-11-20T09:14:03Z, in milliseconds since the epoch: where a ManualClock starts. */
export const START = Date.UTC(2026, 10, 20, 9, 14, 3)

/** What has elapsed where a ManualClock starts: any number, which nobody may take for a time. */
export const ELAPSED = 4_321

/** A clock that stands still until a test moves it; its random number is always 0.5. */
export class ManualClock implements Clock {
  #now: number
  #elapsed = ELAPSED

  constructor(now: number = START) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  elapsed(): number {
    return this.#elapsed
  }

  random(): number {
    return 0.5
  }

  /** Lets time pass until then; to an earlier time the clock is set back. Milliseconds since the epoch. */
  set(now: number): void {
    this.#elapsed += Math.max(0, now - this.#now)
    this.#now = now
  }

  /** Lets `ms` pass. */
  advance(ms: number): void {
    this.#now += ms
    this.#elapsed += ms
  }

  /** Sets the clock by so many milliseconds, as a person or NTP does; no time passes. */
  setBy(ms: number): void {
    this.#now += ms
  }
}
