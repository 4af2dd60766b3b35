import type { Clock } from '../../relay/ports/clock.ts'
import { ManualClock } from './manual-clock.ts'

interface Wait {
  /** On the time that waits measure, which no set clock moves. */
  readonly dueAt: number
  readonly resolve: () => void
}

/** A clock, and waits that are over when the test says so. */
export class VirtualTime implements Clock {
  readonly #clock = new ManualClock()
  readonly #waits = new Set<Wait>()
  #elapsed = 0

  now(): number {
    return this.#clock.now()
  }

  random(): number {
    return this.#clock.random()
  }

  /** As a port takes it. */
  readonly wait = (ms: number, signal: AbortSignal): Promise<void> => {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wait = { dueAt: this.#elapsed + ms, resolve }
      this.#waits.add(wait)
      signal.addEventListener('abort', () => {
        this.#waits.delete(wait)
        resolve()
      })
    })
  }

  /** Milliseconds that have passed. */
  elapsed(): number {
    return this.#elapsed
  }

  /** In milliseconds from now, the next first. */
  get waits(): readonly number[] {
    return [...this.#waits].map(({ dueAt }) => dueAt - this.#elapsed).sort((a, b) => a - b)
  }

  /** Sets the clock by so many milliseconds, as a person or NTP does; no wait is over by that. */
  set(byMs: number): void {
    this.#clock.setBy(byMs)
  }

  /** Lets time pass. What a wait was for has begun then, but is not done. */
  async pass(ms: number): Promise<void> {
    const end = this.#elapsed + ms
    for (;;) {
      const next = Math.min(...[...this.#waits].map(({ dueAt }) => dueAt), end)
      this.#clock.advance(next - this.#elapsed)
      this.#elapsed = next
      const due = [...this.#waits].filter(({ dueAt }) => dueAt <= next)
      for (const wait of due) {
        this.#waits.delete(wait)
        wait.resolve()
      }
      await new Promise((resolve) => setImmediate(resolve))
      if (next === end && due.length === 0) return
    }
  }
}
