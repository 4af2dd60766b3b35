import type { AcceptedEvent, QueuedEvent, RetryMessage } from '../../relay/model/delivery.ts'
import { encodeText } from '../../relay/model/stored/codec.ts'
import { queuedEventCodec } from '../../relay/model/stored/queued-event.ts'
import type { Clock, Queue, SendResult, SetAsideReason } from '../../relay/ports.ts'
import type { Database } from './database.ts'
import { EventGroups, type GroupHead } from './event-groups.ts'
import { readEvent } from './event-row.ts'
import { type PutBack, SqliteQuarantine } from './quarantine.ts'
import { earlier, RetrySchedule } from './retry-schedule.ts'
import { deleteExpired } from './sweep.ts'

/** How long the id of a sent event is remembered: as long as SQS FIFO queues do. */
const DEDUPLICATION_MS = 5 * 60_000

/** What is in the queue, leased messages included. Times are milliseconds since the epoch. */
export interface QueueDepth {
  readonly events: number
  readonly retries: number
  /** When the oldest event was accepted. */
  readonly oldestEventAt?: number
  /** When the retry that is due first is, or was, due. */
  readonly oldestRetryDueAt?: number
}

/** Names an event that is leased; `cluster` is known of one that can be read. */
export type EventLease = Pick<QueuedEvent, 'group' | 'sequence'> &
  Partial<Pick<QueuedEvent, 'cluster'>>

const REMEMBER_ID = `INSERT INTO event_ids (id, expires_at) VALUES (?, ?)
  ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at WHERE event_ids.expires_at <= ?`
const INSERT_EVENT = 'INSERT INTO events (grp, accepted_at, body) VALUES (?, ?, ?)'
const ADVANCE_ORDER_TIME = 'UPDATE order_time SET latest = ? WHERE latest < ?'
const LATEST_ORDER_TIME = 'SELECT latest FROM order_time'
const DELETE_EVENT = 'DELETE FROM events WHERE seq = ?'
const HEADS = 'SELECT grp AS "group", MIN(seq) AS head FROM events GROUP BY grp'
const HEAD = 'SELECT seq FROM events WHERE grp = ? ORDER BY seq LIMIT 1'
const OLDEST_EVENT = 'SELECT accepted_at AS at FROM events ORDER BY seq LIMIT 1'
const INSERT_RETRY = 'INSERT OR IGNORE INTO retries (delivery_id, attempt, due_at) VALUES (?, ?, ?)'
const DELETE_RETRY = 'DELETE FROM retries WHERE seq = ?'
const FIRST_RETRY = 'SELECT due_at AS at FROM retries ORDER BY due_at LIMIT 1'

/**
 * The Queue on SQLite, with the receiving side for the one process that owns the database.
 *
 * Leases are in memory: after a restart whatever was not acknowledged is there again. Of a group
 * one event at a time is leased, so the group's order holds.
 */
export class SqliteQueue implements Queue {
  /** What was set aside of its messages. */
  readonly quarantine: SqliteQuarantine
  readonly #database: Database
  readonly #clock: Clock
  readonly #groups: EventGroups
  readonly #retries: RetrySchedule
  readonly #listeners: (() => void)[] = []
  #eventCount: number
  #retryCount: number
  #isNotifying = false

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
    this.#groups = new EventGroups(database.all<GroupHead>(HEADS))
    this.#retries = new RetrySchedule(database)
    this.quarantine = new SqliteQuarantine(database, clock, (back) => this.#putBack(back))
    this.#eventCount = count(database, 'events')
    this.#retryCount = count(database, 'retries')
  }

  async send(events: readonly AcceptedEvent[]): Promise<readonly SendResult[]> {
    if (events.length === 0) return []
    const now = this.#clock.now()
    const sequences = await this.#database.write(
      () => events.map((event) => this.#insertEvent(event, now)),
      (inserted) => this.#sent(events, inserted),
    )
    return sequences.map((sequence) => (sequence === undefined ? 'duplicate' : 'queued'))
  }

  /** One that is queued stays as it is. */
  resendRetries(messages: readonly RetryMessage[]): Promise<void> {
    return this.sendRetries(messages)
  }

  async sendRetries(messages: readonly RetryMessage[]): Promise<void> {
    if (messages.length === 0) return
    await this.#database.write(
      () => messages.flatMap((message) => this.#insertRetry(message)),
      (rows) => {
        for (const row of rows) this.#retries.added(row)
        this.#retryCount += rows.length
        this.#notify()
      },
    )
  }

  /**
   * Leases at most `max` events, the oldest first and one of a group, until they are acknowledged,
   * released or set aside. `unreadable` is told of each that is leased and cannot be read: by
   * `DamagedRecord`, `LaterVersion`, or an error of the database.
   */
  leaseEvents(
    max: number,
    unreadable: (lease: EventLease, error: unknown) => void = throwError,
  ): readonly QueuedEvent[] {
    const now = this.#clock.now()
    const events: QueuedEvent[] = []
    for (let leased = 0; leased < max; leased += 1) {
      const next = this.#groups.lease(now)
      if (!next) break
      const { group, head } = next
      try {
        events.push(readEvent(this.#database, head))
      } catch (error) {
        unreadable({ group, sequence: String(head) }, error)
      }
    }
    return events
  }

  /**
   * Deletes a leased event and frees its group; durable once it resolves. Does nothing to an event
   * that is not leased. When it rejects the lease goes on.
   */
  acknowledge(event: EventLease): Promise<void> {
    return this.#removeEvent(event, () => undefined)
  }

  /** As `acknowledge`, and keeps the event apart. Rejects with `QuarantineFull` when it cannot. */
  setAsideEvent(event: EventLease, reason: SetAsideReason): Promise<void> {
    return this.#removeEvent(event, (sequence) =>
      this.quarantine.keepEvent(sequence, event.cluster, reason),
    )
  }

  /**
   * Puts a leased event back to the head of its group, which hands out nothing before `notBefore`
   * (milliseconds since the epoch). Does nothing to an event that is not leased.
   */
  release({ group, sequence }: EventLease, notBefore: number): void {
    if (this.#groups.release(group, Number(sequence), notBefore)) this.#notify()
  }

  /** Leases at most `max` retries that are due, those that are due longest first. */
  leaseRetries(max: number): readonly RetryMessage[] {
    return this.#retries.lease(max, this.#clock.now())
  }

  /** As `acknowledge`. */
  acknowledgeRetry(message: RetryMessage): Promise<void> {
    return this.#removeRetry(message, () => undefined)
  }

  /** As `setAsideEvent`. */
  setAsideRetry(message: RetryMessage, reason: SetAsideReason): Promise<void> {
    return this.#removeRetry(message, () => this.quarantine.keepRetry(message, reason))
  }

  /** Puts a leased retry back, to be handed out at `notBefore` (milliseconds since the epoch). */
  releaseRetry(message: RetryMessage, notBefore: number): void {
    const row = this.#retries.unlease(message)
    if (!row) return
    this.#retries.release(row, notBefore)
    this.#notify()
  }

  /**
   * When the next message that now waits for its time can be leased. Milliseconds since the epoch;
   * always later than now, and undefined when nothing waits for a time.
   */
  nextWakeAt(): number | undefined {
    const now = this.#clock.now()
    return earlier(this.#groups.nextWakeAt(now), this.#retries.nextWakeAt(now))
  }

  /** Calls `listener` soon after something became available or `nextWakeAt` changed. */
  onReady(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Counts are kept in memory, so it costs two look-ups in indexes. */
  depth(): QueueDepth {
    const oldestEventAt = this.#database.get<{ at: number }>(OLDEST_EVENT)?.at
    const oldestRetryDueAt = this.#database.get<{ at: number }>(FIRST_RETRY)?.at
    return {
      events: this.#eventCount,
      retries: this.#retryCount,
      ...(oldestEventAt === undefined ? {} : { oldestEventAt }),
      ...(oldestRetryDueAt === undefined ? {} : { oldestRetryDueAt }),
    }
  }

  /** The latest order time of all events that were ever sent. Milliseconds since the epoch. */
  latestOrderTime(): number {
    return this.#database.get<{ latest: number }>(LATEST_ORDER_TIME)?.latest ?? 0
  }

  /** Forgets the ids that nothing is compared with any more; resolves with their number. */
  sweep(now: number): Promise<number> {
    return deleteExpired(this.#database, 'event_ids', now)
  }

  #putBack({ events, retries }: PutBack): void {
    for (const { group, sequence } of events) this.#groups.added(group, sequence)
    for (const row of retries) this.#retries.added(row)
    this.#eventCount += events.length
    this.#retryCount += retries.length
    this.#notify()
  }

  /** Deletes a leased event in one transaction with `before`. */
  async #removeEvent(
    { group, sequence }: EventLease,
    before: (sequence: number) => void,
  ): Promise<void> {
    const seq = Number(sequence)
    if (!this.#groups.acknowledging(group, seq)) return
    try {
      await this.#database.write(
        () => {
          before(seq)
          this.#database.run(DELETE_EVENT, seq)
          return this.#database.get<{ seq: number }>(HEAD, group)?.seq
        },
        (nextHead) => {
          this.#groups.deleted(group, nextHead)
          this.#eventCount -= 1
          if (nextHead !== undefined) this.#notify()
        },
      )
    } catch (error) {
      this.#groups.notDeleted(group, seq)
      throw error
    }
  }

  async #removeRetry(message: RetryMessage, before: () => void): Promise<void> {
    const row = this.#retries.unlease(message)
    if (!row) return
    try {
      await this.#database.write(
        () => {
          before()
          this.#database.run(DELETE_RETRY, row.seq)
        },
        () => {
          this.#retryCount -= 1
        },
      )
    } catch (error) {
      this.#retries.notDeleted(row)
      throw error
    }
  }

  /** The event's sequence; undefined for a duplicate. */
  #insertEvent(event: AcceptedEvent, now: number): number | undefined {
    const isNew = this.#database.run(REMEMBER_ID, event.id, now + DEDUPLICATION_MS, now).count === 1
    if (!isNew) return undefined
    const body = encodeText(queuedEventCodec, event)
    const { orderTime = event.acceptedAt } = event
    this.#database.run(ADVANCE_ORDER_TIME, orderTime, orderTime)
    return this.#database.run(INSERT_EVENT, event.group, event.acceptedAt, body).lastRowId
  }

  #sent(events: readonly AcceptedEvent[], sequences: readonly (number | undefined)[]): void {
    events.forEach(({ group }, index) => {
      const sequence = sequences[index]
      if (sequence === undefined) return
      this.#groups.added(group, sequence)
      this.#eventCount += 1
    })
    this.#notify()
  }

  #insertRetry({ deliveryId, attempt, dueAt }: RetryMessage) {
    const { count, lastRowId } = this.#database.run(INSERT_RETRY, deliveryId, attempt, dueAt)
    return count === 1 ? [{ seq: lastRowId, deliveryId, attempt, dueAt }] : []
  }

  /** Once a turn is enough, and outside of whatever runs: a listener is free to lease at once. */
  #notify(): void {
    if (this.#isNotifying) return
    this.#isNotifying = true
    queueMicrotask(() => {
      this.#isNotifying = false
      for (const listener of this.#listeners) listener()
    })
  }
}

function throwError(_: EventLease, error: unknown): never {
  throw error
}

function count(database: Database, table: 'events' | 'retries'): number {
  return database.get<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table}`)?.count ?? 0
}
