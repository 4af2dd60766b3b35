import type { Clock } from '../../relay/ports/clock.ts'
import { systemClock } from '../kit/system-clock.ts'

/** A clock that notices when it is set. */
export interface WatchedClock {
  /** The machine's clock; whoever is told that it was set is told before anyone reads the new time. */
  readonly clock: Clock
  /** Calls `listener` with how many milliseconds it was set forward, or less than 0 for back. */
  onSet(listener: (byMs: number) => void): void
  stop(): void
}

/** What is less counts as the clock being kept right, which it is all the time. Milliseconds. */
const LEAST_MS = 1_000
const LOOK_MS = 1_000

/** What is less is not even noted, as nearly every reading differs by that. Milliseconds. */
const SLIGHT_MS = 10

/**
 * Compares the clock's time with what has elapsed, at each reading and each second. A machine that was
 * asleep wakes with a clock that was set forward.
 */
export function watchClock(machine: Clock): WatchedClock {
  let ahead = machine.now() - machine.elapsed()
  const listeners: ((byMs: number) => void)[] = []
  const now = () => {
    const time = machine.now()
    const byMs = time - machine.elapsed() - ahead
    if (Math.abs(byMs) < SLIGHT_MS) return time
    ahead += byMs
    if (Math.abs(byMs) >= LEAST_MS) for (const listener of listeners) listener(byMs)
    return time
  }
  const looks = setInterval(now, LOOK_MS)
  looks.unref()
  return {
    clock: { now, elapsed: () => machine.elapsed(), random: () => machine.random() },
    onSet: (listener) => void listeners.push(listener),
    stop: () => clearInterval(looks),
  }
}

/** What a test may put in the place of the machine's own. */
export interface EmbeddedRelayParts {
  /**
   * Must not run slower than the machine's: the worker waits in real time, so by a faster clock it
   * wakes late, which is always allowed, and by a slower one early, for nothing, again and again.
   */
  readonly clock?: Clock
}

/** Watches the relay's clock. */
export function watchParts({ clock = systemClock }: EmbeddedRelayParts): WatchedClock {
  return watchClock(clock)
}
