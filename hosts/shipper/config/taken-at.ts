import type { Clock } from '../../../relay/ports/clock.ts'
import type { ConfigMemory } from '../spool/config-memory.ts'

/**
 * When sets are taken, in milliseconds since the epoch: later each time, whatever the clock does, for
 * the relay refuses a set that was taken before the one it has.
 */
export class TakenAt {
  readonly #memory: ConfigMemory
  readonly #clock: Pick<Clock, 'now'>
  readonly #onMemoryFailure: (error: unknown) => void
  /** Of the set that the relay has, as far as that is known. */
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

  /** Never rejects: without the memory the relay says itself what it has. */
  async accepted(takenAt: number): Promise<void> {
    this.#last = takenAt
    this.#hasOvertaken = false
    try {
      await this.#memory.remember(takenAt)
    } catch (error) {
      this.#onMemoryFailure(error)
    }
  }

  /** The relay has a set of this time, so the next one is later. */
  overtake(storedAt: number): void {
    this.#last = storedAt
    this.#hasOvertaken = true
  }

  /**
   * The relay refuses the set. Where its time is ahead of the clock's the relay may have lost what it
   * had: that time is forgotten. False when the relay has such a set, and its clock has to come first.
   */
  refused(): boolean {
    if (this.#last === undefined || this.#last < this.#clock.now()) return true
    const mayHelp = !this.#hasOvertaken
    this.#last = undefined
    this.#hasOvertaken = false
    return mayHelp
  }
}
