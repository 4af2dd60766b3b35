import type { Clock } from '../relay/ports.ts'

/** A clock that notices when it is set. */
export interface WatchedClock {
  /** The machine's clock; whoever is told that it was set is told before anyone reads the new time. */
  readonly clock: Clock
  /** Goes on evenly from the time at which the watch began: for durations, whatever the clock is set to. */
  readonly steady: Clock
  /** Calls `listener` with how many milliseconds it was set forward, or less than 0 for back. */
  onSet(listener: (byMs: number) => void): void
  stop(): void
}

/** What is less counts as the clock being kept right, which it is all the time. Milliseconds. */
const LEAST_MS = 1_000
const LOOK_MS = 1_000

/**
 * Compares the clock with `elapsedMs`, which counts evenly from any moment, at each reading and each
 * second. A machine that was asleep wakes with a clock that was set forward.
 */
export function watchClock(clock: Clock, elapsedMs: () => number): WatchedClock {
  const begin = clock.now() - elapsedMs()
  let ahead = begin
  const listeners: ((byMs: number) => void)[] = []
  const now = () => {
    const time = clock.now()
    const byMs = Math.round(time - elapsedMs() - ahead)
    ahead += byMs
    if (Math.abs(byMs) >= LEAST_MS) for (const listener of listeners) listener(byMs)
    return time
  }
  const looks = setInterval(now, LOOK_MS)
  looks.unref()
  const random = () => clock.random()
  return {
    clock: { now, random },
    steady: { now: () => Math.floor(begin + elapsedMs()), random },
    onSet: (listener) => void listeners.push(listener),
    stop: () => clearInterval(looks),
  }
}

const systemClock: Clock = { now: () => Date.now(), random: () => Math.random() }

/** What a test may put in the place of the machine's own. */
export interface RelayParts {
  /**
   * Must not run slower than the machine's: the worker waits in real time, so by a faster clock it
   * wakes late, which is always allowed, and by a slower one early, for nothing, again and again.
   */
  readonly clock?: Clock
  /** Counts milliseconds evenly, however the clock is set. Default: the machine's, or `clock` if given. */
  readonly elapsedMs?: () => number
}

/** Watches the relay's clock. */
export function watchParts({ clock = systemClock, elapsedMs }: RelayParts): WatchedClock {
  const even = clock === systemClock ? () => performance.now() : () => clock.now()
  return watchClock(clock, elapsedMs ?? even)
}
