import { type Awaitable, whenThere } from '../../relay/model/awaitable.ts'
import { earlier } from '../../relay/model/earlier.ts'
import { Listeners } from '../../relay/model/listeners.ts'
import type { AcceptedEvent, QueuedEvent, RetryMessage } from '../../relay/model/queue-messages.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { MessageKind, SetAsideReason } from '../../relay/ports/quarantine.ts'
import type { Queue, SendResult } from '../../relay/ports/queue.ts'
import type { DueTimes } from './due-times.ts'
import { EventGroups, GROUPS, type GroupEnds, type GroupHead } from './event-groups.ts'
import {
  insertedAt,
  insertions,
  readLatestOrderTime,
  type SentEvent,
  withBody,
} from './event-insertion.ts'
import { type EventLease, EventReader, LargeEvent } from './event-reader.ts'
import { type RequeuedMessages, SqliteQuarantine } from './quarantine.ts'
import { type QueueDepth, readDepth } from './queue-depth.ts'
import type { RelayDatabase } from './relay-database.ts'
import { nextOf, type OnRemovalFailure, Removals, removal } from './removals.ts'
import { Retries } from './retries.ts'
import type { UnitResult, UnitStatement } from './statement.ts'
import { EventSweep } from './sweep.ts'

/**
 * The Queue on SQLite, and its receiving side for the one process that owns the database. Its
 * retries are the ledger's waiting records; they have no messages. Leases are in memory, so a
 * restart ends them. Of a group one event at a time is leased, which keeps the group's order.
 */
export class SqliteQueue implements Queue {
  readonly quarantine: SqliteQuarantine
  readonly #database: RelayDatabase
  readonly #clock: Clock
  readonly #groups = new EventGroups()
  readonly #events: EventReader
  readonly #retries: Retries
  readonly #sweep: EventSweep
  readonly #removals: Removals
  readonly #loaded: Promise<void>
  #isLoaded = false
  readonly #ready = new Listeners<MessageKind>()
  #eventCount = 0

  constructor(
    database: RelayDatabase,
    clock: Clock,
    onRemovalFailure: OnRemovalFailure = () => undefined,
  ) {
    this.#database = database
    this.#clock = clock
    this.#retries = new Retries(database, clock, () => this.#ready.notify('retry'))
    this.#events = new EventReader(database)
    this.quarantine = new SqliteQuarantine(database, clock, (back) => this.#putBack(back))
    this.#sweep = new EventSweep(database)
    this.#removals = new Removals(database, onRemovalFailure)
    this.#loaded = this.#load()
    // Each method that needs it rejects with the same.
    this.#loaded.catch(() => undefined)
  }

  get dueTimes(): DueTimes {
    return this.#retries.dueTimes
  }

  /** Resolves once it is known what is queued; rejects when the database cannot be read. */
  loaded(): Promise<void> {
    return this.#loaded
  }

  async send(events: readonly AcceptedEvent[]): Promise<readonly SendResult[]> {
    if (events.length === 0) return []
    if (!this.#isLoaded) await this.#loaded
    const sent = events.map(withBody)
    const unit = insertions(sent, this.#clock.now())
    const result = await this.#database.write(unit, (written) => this.#sent(sent, written))
    return events.map((_, at) => (insertedAt(result, at) === undefined ? 'duplicate' : 'queued'))
  }

  /** Reports when retries are due. They are in the ledger. */
  async sendRetries(messages: readonly RetryMessage[]): Promise<void> {
    await this.#loaded
    this.#retries.changed(messages)
  }

  resendRetries(messages: readonly RetryMessage[]): Promise<void> {
    return this.sendRetries(messages)
  }

  /**
   * Leases at most `max` events until they are acknowledged, released or set aside: clusters in
   * turn, of each the oldest first, one of a group; of large ones as many bytes as its share allows.
   * `free` is how many more may be leased in all.
   * `unreadable` is called for one that cannot be read, with `DamagedRecord`, `LaterVersion` or the
   * database's error.
   */
  leaseEvents(
    max: number,
    unreadable: (lease: EventLease, error: unknown) => void = throwError,
    free = Number.POSITIVE_INFINITY,
  ): Awaitable<readonly QueuedEvent[]> {
    if (!this.#isLoaded) return this.#loaded.then(() => this.leaseEvents(max, unreadable, free))
    const now = this.#clock.now()
    const leased: GroupHead[] = []
    while (leased.length < max) {
      const next = this.#groups.lease(now, free - leased.length)
      if (!next) break
      leased.push(next)
    }
    if (leased.length === 0) return []
    return whenThere(this.#events.read(leased), (read) => {
      const events: QueuedEvent[] = []
      for (const { name: group, head } of leased) {
        const event = read.get(head)
        if (event instanceof LargeEvent) {
          this.#groups.isLarge(group, head, event.bytes)
          // It is read as soon as its share of the bytes allows.
          this.#ready.notify('event')
        } else if (event !== undefined && !(event instanceof Error)) events.push(event)
        else unreadable({ group, sequence: String(head) }, event)
      }
      return events
    })
  }

  /**
   * Takes a leased event off the queue and frees its group; ignores one that is not leased. It is
   * on the disk with the next write, or soon after: an event that returns after a crash finds its
   * outcome in the ledger. When it rejects, the lease continues.
   */
  acknowledge(event: EventLease): Awaitable<void> {
    const { group, sequence } = event
    if (this.#groups.hasUnknown(group)) return this.#takeOff(event, []).then(() => undefined)
    const seq = Number(sequence)
    if (!this.#groups.leaving(group, seq)) return undefined
    this.#free(group, seq, undefined)
    this.#removals.add(seq)
    return undefined
  }

  /** Sets the event aside, and acknowledges it. Rejects with `QuarantineFull` when it cannot. */
  async setAsideEvent(event: EventLease, reason: SetAsideReason): Promise<void> {
    const { cluster, sequence } = event
    const keep = this.quarantine.keepEvent(Number(sequence), cluster, reason)
    const result = await this.#takeOff(event, [keep])
    if (result?.kind === 'conflict') throw await this.quarantine.full()
  }

  /**
   * Puts a leased event back to the head of its group, which stays closed until `notBefore`
   * (milliseconds since the epoch). Ignores an event that is not leased.
   */
  release({ group, sequence }: EventLease, notBefore: number): void {
    if (this.#groups.release(group, Number(sequence), notBefore)) this.#ready.notify('event')
  }

  /**
   * Leases at most `max` retries that are due, of the clusters in turn. `free` is as for events.
   */
  async leaseRetries(
    max: number,
    free = Number.POSITIVE_INFINITY,
  ): Promise<readonly RetryMessage[]> {
    await this.#loaded
    return this.#retries.lease(max, free)
  }

  /**
   * Hands out again what waits and was due before a time (milliseconds since the epoch), if nothing here
   * knows of it. Resolves with the ids.
   */
  async findLostRetries(before: number): Promise<readonly string[]> {
    await this.#loaded
    return this.#retries.findLost(before)
  }

  /** Ends the lease of a retry. */
  async acknowledgeRetry(message: RetryMessage): Promise<void> {
    this.#retries.end(message)
  }

  /** Sets a leased retry aside, as `setAsideEvent` does. Its record waits no more. */
  async setAsideRetry(message: RetryMessage, reason: SetAsideReason): Promise<void> {
    const result = await this.#database.write(this.quarantine.keepRetry(message, reason))
    if (result.kind === 'conflict') throw await this.quarantine.full()
    this.#retries.end(message)
  }

  /** Puts a leased retry back, to be handed out at `notBefore` (milliseconds since the epoch). */
  releaseRetry(message: RetryMessage, notBefore: number): void {
    this.#retries.release(message, notBefore)
  }

  /** Hands a retry out at `notBefore` (milliseconds since the epoch), though its record is due later. */
  bringForward(message: RetryMessage, notBefore: number): void {
    this.#retries.handOut(message, notBefore)
  }

  /**
   * When the next message that now waits for its time may be leased. Milliseconds since the epoch;
   * always later than now, and undefined when nothing waits for a time.
   */
  nextWakeAt(): number | undefined {
    const now = this.#clock.now()
    return earlier(this.#groups.nextWakeAt(now), this.#retries.nextWakeAt(now))
  }

  /** Calls `listener` soon after a message of a kind became available, or changed `nextWakeAt`. */
  onReady(listener: (kind: MessageKind) => void): void {
    this.#ready.add(listener)
  }

  async depth(): Promise<QueueDepth> {
    await this.#loaded
    return readDepth(this.#database, this.#eventCount, this.#groups.oldest)
  }

  /**
   * The latest order time of all events that were ever sent, in milliseconds since the epoch, or the
   * time at which the last one was accepted, if that is later.
   */
  latestOrderTime(): Promise<number> {
    return readLatestOrderTime(this.#database)
  }

  /** Reports that the clock was set forward by `byMs` milliseconds, or back if it is negative. */
  clockWasSet(byMs: number): void {
    this.#groups.clockWasSet(byMs)
    this.dueTimes.clockWasSet(byMs)
  }

  /** Deletes events that are neither queued nor in the ledger; resolves with their number. */
  sweep(now: number): Promise<number> {
    return this.#sweep.sweep(now)
  }

  async #load(): Promise<void> {
    const groups = await this.#database.read<GroupEnds & { count: number }>(GROUPS)
    this.#groups.load(groups)
    this.#eventCount = groups.reduce((sum, { count }) => sum + count, 0)
    await this.#retries.start()
    this.#isLoaded = true
  }

  #putBack({ events, retries }: RequeuedMessages): void {
    for (const { group, cluster, sequence } of events) {
      this.#groups.added(group, cluster ?? '', sequence)
    }
    this.#retries.changed(retries)
    this.#eventCount += events.length
    if (events.length > 0) this.#ready.notify('event')
  }

  /** Takes a leased event off the queue in one unit with `first`; undefined when it is not leased. */
  async #takeOff(
    { group, sequence }: EventLease,
    first: readonly UnitStatement[],
  ): Promise<UnitResult | undefined> {
    const seq = Number(sequence)
    if (!this.#groups.leaving(group, seq)) return undefined
    const next = this.#groups.hasUnknown(group) ? [nextOf(group, seq)] : []
    const unit = [...first, removal(seq), ...next]
    try {
      return await this.#database.write(unit, (result) => this.#left(group, seq, result))
    } catch (error) {
      this.#groups.stayed(group, seq)
      throw error
    }
  }

  #sent(sent: readonly SentEvent[], result: UnitResult): void {
    sent.forEach(({ event, body }, at) => {
      const inserted = insertedAt(result, at)
      if (inserted === undefined) return
      this.#groups.added(event.group, event.cluster, inserted.seq, body.length)
      this.#events.add(inserted.seq, event, body.length, inserted.isNew === 1)
      this.#eventCount += 1
    })
    this.#ready.notify('event')
  }

  #left(group: string, seq: number, result: UnitResult): void {
    if (result.kind === 'done') {
      const [row] = (result.changed.at(-1)?.rows ?? []) as readonly { seq: number }[]
      this.#free(group, seq, row?.seq)
    } else this.#groups.stayed(group, seq)
  }

  #free(group: string, seq: number, nextHead: number | undefined): void {
    this.#events.forget(seq)
    this.#eventCount -= 1
    if (this.#groups.left(group, nextHead)) this.#ready.notify('event')
  }
}

function throwError(_: EventLease, error: unknown): never {
  throw error
}
