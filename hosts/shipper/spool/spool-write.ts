import type { HeldEvents } from './held-events.ts'
import { isLater, type SpooledEvents } from './spooled-events.ts'

/** Changes what waits in the spool, within one write, and counts by how much. */
export class SpoolWrite {
  readonly #waiting: SpooledEvents
  readonly #held: HeldEvents
  readonly #now: number
  /** More, or with a minus sign fewer, events and bytes of their text than before. */
  events = 0
  bytes = 0
  /** Of those events, the ones that only a later version can read. */
  later = 0
  /** Whether more may be sent than before. */
  hasMore = false

  constructor(waiting: SpooledEvents, held: HeldEvents, now: number) {
    this.#waiting = waiting
    this.#held = held
    this.#now = now
  }

  /** Gives the place of the new event. */
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

  /** Gives an event another text, unless it is gone or only a later version can read it. */
  change(sequence: number, change: (body: string) => string): void {
    const row = this.#waiting.read(sequence)
    if (row === undefined) return
    const body = change(row.body)
    const bytes = Buffer.byteLength(body)
    this.bytes += bytes - row.bytes
    this.#waiting.replace(sequence, body, bytes)
  }

  /** Lets events be sent that were held back. */
  release(sequences: readonly number[]): void {
    this.#held.release(sequences)
    this.hasMore = true
  }
}
