import { earlier } from '../../relay/model/earlier.ts'
import type { RetryMessage } from '../../relay/model/queue-messages.ts'
import { Shares } from '../../relay/model/shares.ts'
import { DueRows } from './due-rows.ts'
import { LARGE_BYTES_LEASED, largeBytesOf } from './large-bodies.ts'
import type { RelayDatabase } from './relay-database.ts'
import { Leases, Schedule } from './schedule.ts'

interface DueRetry {
  readonly message: RetryMessage
  readonly cluster: string
  /** When it is due, or when it may be handed out again. Milliseconds since the epoch. */
  readonly at: number
  readonly number: number
  /** The size of its event in bytes, if it was found to be large; 0 as long as it was not. */
  readonly largeBytes: number
  /** Whether it is to come again before its record is due, which may be much later. */
  readonly isEarly: boolean
}

function newSchedule(): Schedule<DueRetry> {
  return new Schedule(
    ({ cluster }) => cluster,
    (a, b) => a.at < b.at || (a.at === b.at && a.number < b.number),
  )
}

/** The least number of rows that are read at once. */
const PAGE_ROWS = 100

/** How many rows are read at once when those before belonged to clusters that may have no more. */
const NEXT_ROWS = 1_000

/** Entries of all clusters: one may have one more while it has fewer than there is room for. */
const MAX_ENTRIES = 20_000

/** A time before all others. Milliseconds since the epoch. */
const AT_ONCE = 0

/**
 * Which of the records that wait may be tried. They are read in the order in which they fall due,
 * and only when they are due and wanted, so a long queue costs no memory; of each cluster a share, so
 * the long queue of one holds up no other.
 */
export class DueSchedule {
  readonly #rows: DueRows
  readonly #database: RelayDatabase
  #ready = newSchedule()
  /** Those of large events, which the others pass while as many bytes are leased as may be. */
  #readyLarge = newSchedule()
  readonly #largeLeased = new Shares(LARGE_BYTES_LEASED)
  /** The entry of each delivery that was read or changed since; another one of it is void. */
  readonly #entries = new Map<string, DueRetry>()
  readonly #leased = new Map<string, DueRetry>()
  readonly #leases = new Leases()
  /** Messages that come again once their leases end. */
  readonly #again = new Map<string, RetryMessage>()
  /** How many entries each cluster has. */
  readonly #sizes = new Map<string, number>()
  #count = 0

  constructor(database: RelayDatabase) {
    this.#database = database
    this.#rows = new DueRows(database, {
      hasRoom: (cluster) => this.#mayGrow(cluster, 1),
      wantsMore: (cluster) => this.#mayGrow(cluster, 2),
      onDue: (message) => {
        if (this.#entries.has(message.deliveryId) || this.#isLeased(message)) return
        this.#wait(message, message.dueAt)
      },
    })
  }

  /** Finds out when the first record is due. */
  async start(now: number): Promise<void> {
    await this.#rows.read(0, now)
  }

  /**
   * Reads what is not leased again, because the due times have changed. What is to come before its record
   * is due comes at once: the record would be found only then.
   */
  reset(): void {
    const early = [...this.#entries.values()].filter(({ isEarly }) => isEarly)
    this.#ready = newSchedule()
    this.#readyLarge = newSchedule()
    this.#entries.clear()
    this.#sizes.clear()
    this.#rows.reset()
    for (const { message } of early) this.#wait(message, AT_ONCE, { isEarly: true })
  }

  /** Reports a record that waits, perhaps until another time than before. */
  changed(message: RetryMessage): void {
    if (this.#isLeased(message)) {
      // The same message is to come again, when this lease of it has ended.
      const leased = this.#leased.get(message.deliveryId)?.message
      if (leased?.dueAt !== message.dueAt) this.#again.set(message.deliveryId, message)
      return
    }
    // A lease of an earlier message ends here: put back, it would only be stale.
    this.#endLease(message.deliveryId)
    const known = this.#entries.get(message.deliveryId)?.message
    if (known?.attempt === message.attempt && known.dueAt === message.dueAt) return
    this.#forget(message.deliveryId)
    if (this.#rows.isPast(message.dueAt)) this.#wait(message, message.dueAt)
  }

  /**
   * Hands out at most `max` messages that are due, of the clusters in turn, and of each those that are
   * due longest first. `free`: how many more may be leased in all, of which a cluster gets its share.
   * Rejects when the store cannot be read and nothing was leased before.
   */
  async lease(max: number, now: number, free: number): Promise<readonly RetryMessage[]> {
    if (max <= 0) return []
    const messages: RetryMessage[] = []
    this.#takeLarge(messages, max, now, free)
    let rows = Math.max(max, PAGE_ROWS)
    while (messages.length < max) {
      const isDone = !this.#rows.hasMore(now)
      let foundLarge: boolean
      try {
        if (!isDone) await this.#rows.read(rows, now)
        foundLarge = await this.#takeSmall(messages, max, now, free)
      } catch (error) {
        if (messages.length === 0) throw error
        return messages
      }
      if (isDone && !foundLarge) break
      rows = Math.max(max, NEXT_ROWS)
    }
    return messages
  }

  /**
   * Leases some that are due, and finds out which of them are large: these wait as such. Resolves with whether any is,
   * in whose place another one may be leased.
   */
  async #takeSmall(
    messages: RetryMessage[],
    max: number,
    now: number,
    free: number,
  ): Promise<boolean> {
    const taken: DueRetry[] = []
    for (let count = messages.length; count < max; count += 1) {
      const left = free - count
      const entry = this.#begin(this.#ready, now, (cluster) => this.#leases.allows(cluster, left))
      if (!entry) break
      taken.push(entry)
    }
    const isLeased = (entry: DueRetry) => this.#leased.get(entry.message.deliveryId) === entry
    try {
      const ids = taken.map(({ message }) => message.deliveryId)
      const large = await largeBytesOf(this.#database, ids)
      for (const entry of taken) {
        const bytes = large.get(entry.message.deliveryId)
        if (bytes === undefined) messages.push(entry.message)
        else if (isLeased(entry)) this.#putBack(entry, bytes)
      }
      if (large.size > 0) this.#takeLarge(messages, max, now, free)
      return large.size > 0
    } catch (error) {
      for (const entry of taken) if (isLeased(entry)) this.#putBack(entry, 0)
      throw error
    }
  }

  #takeLarge(messages: RetryMessage[], max: number, now: number, free: number): void {
    while (messages.length < max) {
      const left = free - messages.length
      const entry = this.#begin(
        this.#readyLarge,
        now,
        (cluster) => this.#largeLeased.allows(cluster) && this.#leases.allows(cluster, left),
      )
      if (!entry) return
      messages.push(entry.message)
    }
  }

  /** Leases the first entry that is not void; undefined when there is none. */
  #begin(
    ready: Schedule<DueRetry>,
    now: number,
    mayTake: (cluster: string) => boolean,
  ): DueRetry | undefined {
    for (let entry = ready.take(now, mayTake); entry; entry = ready.take(now, mayTake)) {
      const { message, cluster, largeBytes } = entry
      if (this.#entries.get(message.deliveryId) !== entry) continue
      this.#forget(message.deliveryId)
      this.#leased.set(message.deliveryId, entry)
      this.#leases.begin(cluster)
      if (largeBytes > 0) this.#largeLeased.take(cluster, largeBytes)
      return entry
    }
    return undefined
  }

  /** Ends the lease of an entry that was not handed out. */
  #putBack({ message, at, isEarly }: DueRetry, largeBytes: number): void {
    this.#endLease(message.deliveryId)
    const again = this.#again.get(message.deliveryId)
    this.#again.delete(message.deliveryId)
    if (again) this.changed(again)
    else this.#wait(message, at, { largeBytes, isEarly })
  }

  /** Ends the lease of a message; false when it is not leased. */
  unlease(message: RetryMessage): boolean {
    if (!this.#isLeased(message)) return false
    const { deliveryId } = message
    this.#endLease(deliveryId)
    const again = this.#again.get(deliveryId)
    this.#again.delete(deliveryId)
    if (again) this.changed(again)
    return true
  }

  /** Hands a message out at a time, unless it is leased or its record waits for something else by now. */
  handOut(message: RetryMessage, notBefore: number): void {
    const { deliveryId } = message
    if (this.#leased.has(deliveryId) || this.#entries.has(deliveryId)) return
    this.#wait(message, notBefore, { isEarly: true })
  }

  /**
   * Finds records that were due before a time (milliseconds since the epoch) and are neither known here nor
   * still to be read: whatever lost them, they wait no more. Resolves with their ids.
   */
  async findLost(before: number): Promise<readonly string[]> {
    const read = await this.#rows.readBefore(before)
    const lost = read.filter(({ deliveryId }) => {
      return !this.#entries.has(deliveryId) && !this.#leased.has(deliveryId)
    })
    for (const message of lost) this.#wait(message, message.dueAt)
    return lost.map(({ deliveryId }) => deliveryId)
  }

  /** When the first of those that are due later than `now` is due, or a little earlier. */
  nextWakeAt(now: number): number | undefined {
    const { nextDueAt } = this.#rows
    const unseen = nextDueAt !== undefined && nextDueAt <= now ? undefined : nextDueAt
    const known = earlier(this.#ready.nextWakeAt(now), this.#readyLarge.nextWakeAt(now))
    return earlier(known, unseen)
  }

  #isLeased({ deliveryId, attempt }: RetryMessage): boolean {
    return this.#leased.get(deliveryId)?.message.attempt === attempt
  }

  #endLease(deliveryId: string): void {
    const leased = this.#leased.get(deliveryId)
    if (!leased) return
    this.#leased.delete(deliveryId)
    this.#leases.end(leased.cluster)
    if (leased.largeBytes > 0) this.#largeLeased.give(leased.cluster, leased.largeBytes)
  }

  /** Whether so many times its entries are fewer than there is room for. Each cluster may have one. */
  #mayGrow(cluster: string, times: number): boolean {
    const size = this.#sizeOf(cluster)
    return size === 0 || size * times < MAX_ENTRIES - this.#entries.size
  }

  #sizeOf(cluster: string): number {
    return this.#sizes.get(cluster) ?? 0
  }

  #forget(deliveryId: string): void {
    const entry = this.#entries.get(deliveryId)
    if (!entry) return
    this.#entries.delete(deliveryId)
    const left = this.#sizeOf(entry.cluster) - 1
    if (left > 0) this.#sizes.set(entry.cluster, left)
    else this.#sizes.delete(entry.cluster)
  }

  #wait(message: RetryMessage, at: number, { largeBytes = 0, isEarly = false } = {}): void {
    this.#count += 1
    const cluster = message.cluster ?? ''
    const entry: DueRetry = { message, cluster, at, number: this.#count, largeBytes, isEarly }
    this.#entries.set(message.deliveryId, entry)
    this.#sizes.set(entry.cluster, this.#sizeOf(entry.cluster) + 1)
    if (largeBytes === 0) this.#ready.delay(entry, at)
    else this.#readyLarge.delay(entry, at)
  }
}
