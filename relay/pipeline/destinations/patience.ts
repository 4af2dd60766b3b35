import { Listeners } from '../../model/listeners.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Admission } from './destinations.ts'
import type { Asking } from './line.ts'
import type { LineOf } from './places.ts'
import { Times } from './times.ts'

/**
 * How long a new delivery waits for a place in memory. Its object's next event waits as long, wherever that goes. At a
 * destination that answers fast none waits so long.
 */
export const PATIENCE_MS = 1_000

/** Ends the wait in memory of deliveries whose destination is slow, so that they wait in the store. */
export class Patience {
  readonly #clock: Clock
  /** When the delivery of each line that waits for longest has waited long enough, or a little earlier. */
  readonly #times = new Times<LineOf>()
  readonly #listeners = new Listeners()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** When the next delivery has waited long enough, or a little earlier. By `Clock.elapsed`. */
  get nextAt(): number | undefined {
    return this.#times.next
  }

  /** Calls `listener` soon after `nextAt` changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** Reports that deliveries of a line may wait in memory. Those of one without a window have no other place. */
  watch(line: LineOf): void {
    if (line.window === undefined || this.#times.has(line)) return
    const since = line.newAskSince
    if (since === undefined) return
    if (this.#times.set(line, since + PATIENCE_MS)) this.#listeners.notify()
  }

  /** Takes the deliveries that have waited long enough out of their lines, and those that would pass them. */
  takeDue(): readonly (readonly [LineOf, readonly Asking<Admission>[]])[] {
    const now = this.#clock.elapsed()
    return this.#times.takeDue(now).map((line) => {
      const due = line.takeImpatient(now - PATIENCE_MS)
      this.watch(line)
      return [line, due] as const
    })
  }
}
