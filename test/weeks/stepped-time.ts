import type { Clock } from '../../relay/ports/clock.ts'

/** Shorter waits pass by themselves, such as those before a write that others may join. Milliseconds. */
const LEAST_MS = 250

interface Wait {
  at: number
  readonly everyMs: number | undefined
  readonly run: () => void
  /** Whether somebody waits for it, and it is not only a look now and then. */
  isAwaited: boolean
}

/** The time of a process that passes only when it is told. */
export interface SteppedTime {
  readonly clock: Clock
  /**
   * Moves on to `elapsed`, and calls whatever waits until then, once each. `wall` is what the machine's clock says
   * then, in milliseconds since the epoch.
   */
  moveTo(elapsed: number, wall: number): void
  /** When the next wait ends that somebody waits for; undefined when there is none. */
  nextAt(): number | undefined
}

/** Puts the stepped time in the place of the timers of this process. Times of `elapsed` are milliseconds. */
export function stepTime(start: { readonly elapsed: number; readonly wall: number }): SteppedTime {
  let { elapsed, wall } = start
  const waits = new Map<object, Wait>()
  const real = { setTimeout, setInterval, clearTimeout, clearInterval }

  const begin = (run: () => void, ms: number, everyMs?: number) => {
    const wait: Wait = { at: elapsed + ms, everyMs, run, isAwaited: everyMs === undefined }
    const timer = {
      ref: () => timer,
      unref() {
        wait.isAwaited = false
        return timer
      },
      hasRef: () => wait.isAwaited,
      refresh() {
        wait.at = elapsed + ms
        waits.set(timer, wait)
        return timer
      },
      [Symbol.dispose]: () => void waits.delete(timer),
    }
    waits.set(timer, wait)
    return timer
  }
  const clear = (realClear: (timer: NodeJS.Timeout) => void) => (timer: unknown) => {
    if (typeof timer === 'object' && timer !== null && waits.delete(timer)) return
    realClear(timer as NodeJS.Timeout)
  }
  type Callback = (...args: readonly unknown[]) => void
  Object.assign(globalThis, {
    setTimeout: (run: Callback, ms = 0, ...args: readonly unknown[]) =>
      ms < LEAST_MS ? real.setTimeout(run, ms, ...args) : begin(() => run(...args), ms),
    setInterval: (run: Callback, ms = 0, ...args: readonly unknown[]) =>
      ms < LEAST_MS ? real.setInterval(run, ms, ...args) : begin(() => run(...args), ms, ms),
    clearTimeout: clear(real.clearTimeout),
    clearInterval: clear(real.clearInterval),
  })

  return {
    clock: { now: () => wall, elapsed: () => elapsed, random: () => Math.random() },
    moveTo(toElapsed, toWall) {
      elapsed = toElapsed
      wall = toWall
      for (const [timer, wait] of [...waits]) {
        if (wait.at > elapsed || !waits.has(timer)) continue
        if (wait.everyMs === undefined) waits.delete(timer)
        else wait.at = elapsed + wait.everyMs
        wait.run()
      }
    },
    nextAt() {
      const times = [...waits.values()].flatMap(({ at, isAwaited }) => (isAwaited ? at : []))
      return times.length === 0 ? undefined : Math.min(...times)
    },
  }
}
