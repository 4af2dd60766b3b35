import type { Clock } from '../../../relay/ports/clock.ts'
import type { ConfigMemory } from '../spool/config-memory.ts'

/**
 * The times at which sets are taken, in milliseconds since the epoch. Each is later than the one
 * before, even if the clock is set back, because the relay refuses a set that was taken before its
 * own.
 */
export class TakenAt {
  readonly #memory: ConfigMemory
  readonly #clock: Pick<Clock, 'now'>
  readonly #onMemoryFailure: (error: unknown) => void
  /** The time of the relay's set, as far as it is known. */
  #last: number | undefined
  #hasOvertaken = false

  constructor(
    memory: ConfigMemory,
    clock: Pick<Clock, 'now'>,
    onMemoryFailure: (error: unknown) => void,
  ) {
    this.#memory = memory
    this.#clock = clock
    this.#onMemoryFailure = onMemoryFailure
    try {
      this.#last = memory.lastTakenAt()
    } catch (error) {
      onMemoryFailure(error)
    }
  }

  next(): number {
    const now = this.#clock.now()
    return this.#last === undefined ? now : Math.max(now, this.#last + 1)
  }

  /**
   * Stores the time of a set that the relay accepted. Never rejects: without the stored time, the
   * relay itself tells which set it has.
   */
  async accepted(takenAt: number): Promise<void> {
    this.#last = takenAt
    this.#hasOvertaken = false
    try {
      await this.#memory.remember(takenAt)
    } catch (error) {
      this.#onMemoryFailure(error)
    }
  }

  /** Makes the next time later than that of the relay's set. */
  overtake(storedAt: number): void {
    this.#last = storedAt
    this.#hasOvertaken = true
  }

  /**
   * Reacts to a refused set. If its time is ahead of the clock, the relay may have lost its set,
   * and the time is forgotten. False when the relay has such a set, and the clock has to reach its
   * time first.
   */
  refused(): boolean {
    if (this.#last === undefined || this.#last < this.#clock.now()) return true
    const mayHelp = !this.#hasOvertaken
    this.#last = undefined
    this.#hasOvertaken = false
    return mayHelp
  }
}
