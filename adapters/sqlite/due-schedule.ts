import type { RetryMessage } from '../../relay/model/delivery.ts'
import type { RelayDatabase } from './relay-database.ts'
import { Leases, Schedule } from './schedule.ts'

/** A record that is due, and where it stands among those that are due at the same time. */
interface DueRow extends RetryMessage {
  readonly row: number
  readonly cluster: string
}

interface Entry {
  readonly message: RetryMessage
  readonly cluster: string
  /** When it is due, or when it may be handed out again. Milliseconds since the epoch. */
  readonly at: number
  readonly number: number
}

const LOAD = `SELECT rowid AS row, id AS deliveryId, attempt, due_at AS dueAt, cluster FROM ledger
  WHERE due_at IS NOT NULL AND (due_at, rowid) > (?, ?) ORDER BY due_at, rowid LIMIT ?`

/** The same, of what is due before a time, wherever it stands. */
const OVERDUE = `SELECT rowid AS row, id AS deliveryId, attempt, due_at AS dueAt, cluster FROM ledger
  WHERE due_at < ? ORDER BY due_at, rowid LIMIT ?`

const BEFORE_ALL = { dueAt: Number.MIN_SAFE_INTEGER, row: 0 }

function newSchedule(): Schedule<Entry> {
  return new Schedule(
    ({ cluster }) => cluster,
    (a, b) => a.at < b.at || (a.at === b.at && a.number < b.number),
  )
}

/** Rows that are read at once, at least. */
const PAGE_ROWS = 100

/** Most records that are compared with memory at once. */
const MAX_OVERDUE = 1_000

/** Entries beyond which no more rows are read, though those of other clusters may be behind them. */
const MAX_ENTRIES = 20_000

/**
 * Which of the records that wait may be tried. They are read in the order in which they fall due,
 * and only when they are due and wanted, so a long queue costs no memory.
 */
export class DueSchedule {
  readonly #database: RelayDatabase
  #ready = newSchedule()
  /** The entry of each delivery that was read or changed since; another one of it is void. */
  readonly #entries = new Map<string, Entry>()
  readonly #leased = new Map<string, Entry>()
  readonly #leases = new Leases()
  /** Messages that come again once they are leased no more. */
  readonly #again = new Map<string, RetryMessage>()
  /** Where the last row is that was read; later ones are found when their time comes. */
  #horizon = BEFORE_ALL
  /** When the first row beyond the horizon is due; undefined when none is. */
  #nextDueAt: number | undefined = Number.MIN_SAFE_INTEGER
  #count = 0
  #resets = 0
  #loading: Promise<void> | undefined

  constructor(database: RelayDatabase) {
    this.#database = database
  }

  /** Finds out when the first record is due. */
  async start(now: number): Promise<void> {
    await this.#load(0, now)
  }

  /** Records are due at other times than before: what is not leased is read anew. */
  reset(): void {
    this.#resets += 1
    this.#ready = newSchedule()
    this.#entries.clear()
    this.#horizon = BEFORE_ALL
    this.#nextDueAt = BEFORE_ALL.dueAt
  }

  /** A record waits, until another time than before if it waited. */
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
    this.#entries.delete(message.deliveryId)
    if (message.dueAt <= this.#horizon.dueAt) this.#wait(message, message.dueAt)
    else if (this.#nextDueAt === undefined || message.dueAt < this.#nextDueAt) {
      this.#nextDueAt = message.dueAt
    }
  }

  /**
   * Hands out at most `max` messages that are due, of the clusters in turn, and of each those that are
   * due longest first. `free`: how many more may be leased in all, of which a cluster gets its share.
   */
  async lease(max: number, now: number, free: number): Promise<readonly RetryMessage[]> {
    if (max <= 0) return []
    if (this.#isDue(now) && this.#entries.size < MAX_ENTRIES) await this.#load(max, now)
    const messages: RetryMessage[] = []
    while (messages.length < max) {
      const left = free - messages.length
      const entry = this.#ready.take(now, (cluster) => this.#leases.allows(cluster, left))
      if (!entry) break
      const { message, cluster } = entry
      if (this.#entries.get(message.deliveryId) !== entry) continue
      this.#entries.delete(message.deliveryId)
      this.#leased.set(message.deliveryId, entry)
      this.#leases.begin(cluster)
      messages.push(message)
    }
    return messages
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

  /** Puts a message without a lease back, unless the record waits for something else by now. */
  release(message: RetryMessage, notBefore: number): void {
    if (!this.#entries.has(message.deliveryId)) this.#wait(message, notBefore)
  }

  /**
   * Finds records that were due before a time (milliseconds since the epoch) and are neither known here nor
   * still to be read: whatever lost them, they wait no more. Resolves with their ids.
   */
  async findLost(before: number): Promise<readonly string[]> {
    const resets = this.#resets
    const rows = await this.#database.read<DueRow>(OVERDUE, before, MAX_OVERDUE)
    if (resets !== this.#resets) return []
    const lost = rows.filter((row) => this.#isLost(row))
    for (const { row: _, ...message } of lost) this.#wait(message, message.dueAt)
    return lost.map(({ deliveryId }) => deliveryId)
  }

  #isLost(row: DueRow): boolean {
    if (this.#entries.has(row.deliveryId) || this.#leased.has(row.deliveryId)) return false
    const { dueAt, row: at } = this.#horizon
    const isRead = row.dueAt < dueAt || (row.dueAt === dueAt && row.row <= at)
    return isRead || this.#nextDueAt === undefined || this.#nextDueAt > row.dueAt
  }

  /** When the first is due of those that are due later than `now`; perhaps a little early. */
  nextWakeAt(now: number): number | undefined {
    const unseen = this.#isDue(now) ? undefined : this.#nextDueAt
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

  #isDue(now: number): boolean {
    return this.#nextDueAt !== undefined && this.#nextDueAt <= now
  }

  #wait(message: RetryMessage, at: number): void {
    this.#count += 1
    const entry: Entry = { message, cluster: message.cluster ?? '', at, number: this.#count }
    this.#entries.set(message.deliveryId, entry)
    this.#ready.delay(entry, at)
  }

  async #load(max: number, now: number): Promise<void> {
    this.#loading ??= this.#loadPage(Math.max(max, PAGE_ROWS), now).finally(() => {
      this.#loading = undefined
    })
    await this.#loading
  }

  /** Reads one row more than is wanted, which tells when the next is due. */
  async #loadPage(max: number, now: number): Promise<void> {
    const { dueAt, row } = this.#horizon
    const resets = this.#resets
    // What changes while this is read is either found or told of, and told of last.
    this.#nextDueAt = undefined
    const rows = await this.#database.read<DueRow>(LOAD, dueAt, row, max + 1)
    if (resets !== this.#resets) return
    for (const [index, found] of rows.entries()) {
      const { row: at, ...message } = found
      if (message.dueAt > now || index === max) {
        this.#nextDueAt = earlier(this.#nextDueAt, message.dueAt)
        return
      }
      this.#horizon = { dueAt: message.dueAt, row: at }
      if (this.#entries.has(message.deliveryId) || this.#isLeased(message)) continue
      this.#wait(message, message.dueAt)
    }
  }
}

/** The smaller of two times, of which either may be missing. */
export function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}
