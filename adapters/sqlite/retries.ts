import type { RetryMessage } from '../../relay/model/queue-messages.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import { DueSchedule } from './due-schedule.ts'
import { DueTimes } from './due-times.ts'
import type { RelayDatabase } from './relay-database.ts'

/**
 * The retries of the queue: the records of the ledger that wait, each of which is handed out when it is due. Leases are
 * in memory, so a restart ends them.
 */
export class Retries {
  readonly dueTimes: DueTimes
  readonly #clock: Clock
  readonly #due: DueSchedule
  readonly #onReady: () => void

  /** `onReady` is called when one became available, or `nextWakeAt` changed. */
  constructor(database: RelayDatabase, clock: Clock, onReady: () => void) {
    this.#clock = clock
    this.#onReady = onReady
    this.#due = new DueSchedule(database)
    this.dueTimes = new DueTimes(database, clock, () => {
      this.#due.reset()
      onReady()
    })
  }

  /** Finds out when the first one is due. Rejects when the database cannot be read. */
  start(): Promise<void> {
    return this.#due.start(this.#clock.now())
  }

  /** Reports records that wait, perhaps until other times than before. */
  changed(messages: readonly RetryMessage[]): void {
    for (const message of messages) this.#due.changed(message)
    if (messages.length > 0) this.#onReady()
  }

  /** Leases at most `max` that are due, of the clusters in turn. `free` is how many more may be leased in all. */
  async lease(max: number, free: number): Promise<readonly RetryMessage[]> {
    const now = this.#clock.now()
    await this.dueTimes.settled()
    const before = this.#due.nextWakeAt(now)
    const messages = await this.#due.lease(max, now, free)
    // What was read may be due sooner than what was known.
    if (this.#due.nextWakeAt(now) !== before) this.#onReady()
    return messages
  }

  /**
   * Hands out again what waits and was due before a time (milliseconds since the epoch), if nothing here
   * knows of it. Resolves with the ids.
   */
  async findLost(before: number): Promise<readonly string[]> {
    await this.dueTimes.settled()
    const lost = await this.#due.findLost(before)
    if (lost.length > 0) this.#onReady()
    return lost
  }

  /** Ends a lease; ignores a message that is not leased. */
  end(message: RetryMessage): void {
    if (this.#due.unlease(message)) this.#onReady()
  }

  /** Ends a lease, and hands the message out again at `notBefore` (milliseconds since the epoch). */
  release(message: RetryMessage, notBefore: number): void {
    if (this.#due.unlease(message)) this.handOut(message, notBefore)
  }

  /** Hands a message out at `notBefore` (milliseconds since the epoch), though its record is due later. */
  handOut(message: RetryMessage, notBefore: number): void {
    this.#due.handOut(message, notBefore)
    this.#onReady()
  }

  /** When the first of those that are due later than `now` is due, or a little earlier. */
  nextWakeAt(now: number): number | undefined {
    return this.#due.nextWakeAt(now)
  }
}
