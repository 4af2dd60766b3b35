import type { HeldEvents } from './held-events.ts'
import { isLater, type SpooledEvents } from './spooled-events.ts'

/** Changes the waiting events within one write, and counts the difference. */
export class SpoolWrite {
  readonly #waiting: SpooledEvents
  readonly #held: HeldEvents
  readonly #now: number
  /**
   * The difference in the number of events, and in the bytes of their texts. It may be negative.
   */
  events = 0
  bytes = 0
  /** The difference in the number of events that only a later version can read. */
  later = 0
  /** Whether there are new events to be sent. */
  hasMore = false

  constructor(waiting: SpooledEvents, held: HeldEvents, now: number) {
    this.#waiting = waiting
    this.#held = held
    this.#now = now
  }

  /** Inserts an event, and returns its sequence. */
  insert(body: string): number {
    const bytes = Buffer.byteLength(body)
    this.events += 1
    this.bytes += bytes
    this.hasMore = true
    return this.#waiting.insert(body, bytes, this.#now)
  }

  delete(sequences: readonly number[]): void {
    const rows = this.#waiting.delete(sequences)
    this.#held.release(sequences)
    this.events -= rows.length
    this.later -= rows.filter(isLater).length
    for (const { bytes } of rows) this.bytes -= bytes
  }

  /** Changes the text of an event, unless it is gone or only a later version can read it. */
  change(sequence: number, change: (body: string) => string): void {
    const row = this.#waiting.read(sequence)
    if (row === undefined) return
    const body = change(row.body)
    const bytes = Buffer.byteLength(body)
    this.bytes += bytes - row.bytes
    this.#waiting.replace(sequence, body, bytes)
  }

  /** Releases held events, so that they are sent. */
  release(sequences: readonly number[]): void {
    this.#held.release(sequences)
    this.hasMore = true
  }
}
