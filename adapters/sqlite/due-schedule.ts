import { earlier } from '../../relay/model/earlier.ts'
import type { RetryMessage } from '../../relay/model/queue-messages.ts'
import { DueRows } from './due-rows.ts'
import type { RelayDatabase } from './relay-database.ts'
import { Leases, Schedule } from './schedule.ts'

interface DueRetry {
  readonly message: RetryMessage
  readonly cluster: string
  /** When it is due, or when it may be handed out again. Milliseconds since the epoch. */
  readonly at: number
  readonly number: number
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

/**
 * Which of the records that wait may be tried. They are read in the order in which they fall due,
 * and only when they are due and wanted, so a long queue costs no memory; of each cluster a share, so
 * the long queue of one holds up no other.
 */
export class DueSchedule {
  readonly #rows: DueRows
  #ready = newSchedule()
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

  /** Reads what is not leased again, because the due times have changed. */
  reset(): void {
    this.#ready = newSchedule()
    this.#entries.clear()
    this.#sizes.clear()
    this.#rows.reset()
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
    let rows = Math.max(max, PAGE_ROWS)
    while (messages.length < max) {
      const isDone = !this.#rows.hasMore(now)
      try {
        if (!isDone) await this.#rows.read(rows, now)
      } catch (error) {
        if (messages.length === 0) throw error
        return messages
      }
      this.#take(messages, max, now, free)
      if (isDone) break
      rows = Math.max(max, NEXT_ROWS)
    }
    return messages
  }

  #take(messages: RetryMessage[], max: number, now: number, free: number): void {
    while (messages.length < max) {
      const left = free - messages.length
      const entry = this.#ready.take(now, (cluster) => this.#leases.allows(cluster, left))
      if (!entry) return
      const { message, cluster } = entry
      if (this.#entries.get(message.deliveryId) !== entry) continue
      this.#forget(message.deliveryId)
      this.#leased.set(message.deliveryId, entry)
      this.#leases.begin(cluster)
      messages.push(message)
    }
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
    this.#wait(message, notBefore)
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
    return earlier(this.#ready.nextWakeAt(now), unseen)
  }

  #isLeased({ deliveryId, attempt }: RetryMessage): boolean {
    return this.#leased.get(deliveryId)?.message.attempt === attempt
  }

  #endLease(deliveryId: string): void {
    const leased = this.#leased.get(deliveryId)
    if (!leased) return
    this.#leased.delete(deliveryId)
    this.#leases.end(leased.cluster)
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

  #wait(message: RetryMessage, at: number): void {
    this.#count += 1
    const entry: DueRetry = { message, cluster: message.cluster ?? '', at, number: this.#count }
    this.#entries.set(message.deliveryId, entry)
    this.#sizes.set(entry.cluster, this.#sizeOf(entry.cluster) + 1)
    this.#ready.delay(entry, at)
  }
}
