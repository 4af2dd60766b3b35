import type { Sized } from './spooled-events.ts'

/** The most bytes of events that may wait, and whether they are reached. */
export class SpoolLimit {
  readonly #maxBytes: number
  /** The bytes of the event that came last if there was no room for it, else 0. */
  #refusedBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** As many of the first of these as there is room for beside `usedBytes`. */
  fitting<T extends Sized>(entries: readonly T[], usedBytes: number): readonly T[] {
    let room = this.#maxBytes - usedBytes
    const beyond = entries.findIndex(({ bytes }) => {
      room -= bytes
      return room < 0
    })
    this.#refusedBytes = entries[beyond]?.bytes ?? 0
    return beyond < 0 ? entries : entries.slice(0, beyond)
  }

  /**
   * Whether the spool is full with `usedBytes`: what came last would have no room now either. One that is
   * larger than the whole spool tells nothing.
   */
  isReached(usedBytes: number): boolean {
    const bytes = this.#refusedBytes <= this.#maxBytes ? this.#refusedBytes : 0
    return usedBytes >= this.#maxBytes || usedBytes + bytes > this.#maxBytes
  }
}
