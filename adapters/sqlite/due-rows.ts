import { earlier } from '../../relay/model/earlier.ts'
import type { RetryMessage } from '../../relay/model/queue-messages.ts'
import type { RelayDatabase } from './relay-database.ts'

/** The place of a record among those that wait. */
interface Place {
  readonly dueAt: number
  readonly row: number
}

/** A record that waits. */
interface DueRow extends RetryMessage, Place {
  readonly cluster: string
}

/**
 * Selects rows that come after a place, which is `?1` and `?2`, by the index on the due time; at most `?3`. Each half is a
 * range of that index: of a condition on both columns SQLite uses the first one only, and would look through all that are
 * due at one time, such as at the end of a silence. The `+` keeps it from reading all records of a cluster.
 */
function rowsThat(condition: string): string {
  const select =
    'SELECT rowid AS row, id AS deliveryId, attempt, due_at AS dueAt, cluster FROM ledger'
  return `${select} WHERE due_at = ?1 AND rowid > ?2 ${condition}
    UNION ALL ${select} WHERE due_at > ?1 ${condition} ORDER BY dueAt, row LIMIT ?3`
}

const OF_ALL = rowsThat('')
const OF_ALL_BUT = rowsThat('AND +cluster NOT IN (SELECT value FROM json_each(?4))')
const OF_CLUSTER_UNTIL = rowsThat('AND +cluster = ?4 AND (due_at, rowid) <= (?5, ?6)')

/** Selects the records that are due before a time, of all clusters. */
const OVERDUE = `SELECT rowid AS row, id AS deliveryId, attempt, due_at AS dueAt, cluster FROM ledger
  WHERE due_at < ? ORDER BY due_at, rowid LIMIT ?`

/** The most records that are compared with memory at once. */
const MAX_OVERDUE = 1_000

const LAST_ROW = Number.MAX_SAFE_INTEGER

const BEFORE_ALL: Place = { dueAt: Number.MIN_SAFE_INTEGER, row: 0 }

export interface DueRowsOptions {
  /** Whether one more record of a cluster may be kept. */
  readonly hasRoom: (cluster: string) => boolean
  /** Whether so few of a cluster are kept that the next are wanted. */
  readonly wantsMore: (cluster: string) => boolean
  readonly onDue: (message: RetryMessage) => void
}

/**
 * Reads the records that wait in the order in which they fall due. A cluster of which enough are kept
 * stays behind: the others' are read on past its own, however many these are.
 */
export class DueRows {
  readonly #database: Pick<RelayDatabase, 'read'>
  readonly #options: DueRowsOptions
  /** The place of the last row that was read. Later rows are found when their time comes. */
  #horizon = BEFORE_ALL
  /** When the first row beyond the horizon is due; undefined when none is. */
  #nextDueAt: number | undefined = BEFORE_ALL.dueAt
  /** The place of each cluster that is behind the horizon. */
  readonly #behind = new Map<string, Place>()
  #resets = 0
  #reading: Promise<void> | undefined

  constructor(database: Pick<RelayDatabase, 'read'>, options: DueRowsOptions) {
    this.#database = database
    this.#options = options
  }

  /** When the next row that was not read is due, beside those of clusters that are behind. */
  get nextDueAt(): number | undefined {
    return this.#nextDueAt
  }

  /** Starts again, because the due times have changed. */
  reset(): void {
    this.#resets += 1
    this.#horizon = BEFORE_ALL
    this.#nextDueAt = BEFORE_ALL.dueAt
    this.#behind.clear()
  }

  /**
   * Whether a row that is due at `dueAt` is before what will be read. Otherwise it is found at its
   * time.
   */
  isPast(dueAt: number): boolean {
    if (dueAt <= this.#horizon.dueAt) return true
    this.#nextDueAt = earlier(this.#nextDueAt, dueAt)
    return false
  }

  /** Whether `read` would find more. */
  hasMore(now: number): boolean {
    return this.#isDue(now) || this.#wanted().length > 0
  }

  /** Reads about `max` of the rows that are due, for all who wait for it at once. */
  async read(max: number, now: number): Promise<void> {
    this.#reading ??= this.#readPages(max, now).finally(() => {
      this.#reading = undefined
    })
    await this.#reading
  }

  /** The first records that are due before a time and were read already. */
  async readBefore(time: number): Promise<readonly RetryMessage[]> {
    const resets = this.#resets
    const rows = await this.#database.read<DueRow>(OVERDUE, time, MAX_OVERDUE)
    if (resets !== this.#resets) return []
    return rows.filter((row) => this.#isRead(row)).map(messageOf)
  }

  #isRead(found: DueRow): boolean {
    const behind = this.#behind.get(found.cluster)
    if (behind) return !isAfter(found, behind)
    if (!isAfter(found, this.#horizon)) return true
    return this.#nextDueAt === undefined || this.#nextDueAt > found.dueAt
  }

  #isDue(now: number): boolean {
    return this.#nextDueAt !== undefined && this.#nextDueAt <= now
  }

  #wanted(): readonly (readonly [string, Place])[] {
    if (this.#behind.size === 0) return []
    return [...this.#behind].filter(([cluster]) => this.#options.wantsMore(cluster))
  }

  async #readPages(max: number, now: number): Promise<void> {
    for (const [cluster, from] of this.#wanted()) await this.#readBehind(cluster, from, max)
    if (this.#isDue(now)) await this.#readOn(max, now)
  }

  /**
   * Reads the rows of a cluster that is behind. Beyond the horizon it is read together with the
   * others again.
   */
  async #readBehind(cluster: string, from: Place, max: number): Promise<void> {
    const resets = this.#resets
    const { dueAt, row } = this.#horizon
    const parameters = [from.dueAt, from.row, max, cluster, dueAt, row] as const
    const rows = await this.#database.read<DueRow>(OF_CLUSTER_UNTIL, ...parameters)
    if (resets !== this.#resets) return
    for (const found of rows) {
      if (!this.#options.hasRoom(cluster)) return
      this.#behind.set(cluster, found)
      this.#tell(found)
    }
    if (rows.length === max) return
    this.#behind.delete(cluster)
    // Its rows beyond the horizon were left out there.
    this.#nextDueAt = dueAt
  }

  /** Reads one row more than is wanted, which tells when the next is due. */
  async #readOn(max: number, now: number): Promise<void> {
    const resets = this.#resets
    const dueAt = this.#nextDueAt
    // What changes while this is read is either found or told of, and told of last.
    this.#nextDueAt = undefined
    const rows = await this.#rowsBeyond(this.#horizon, max + 1).catch((error: unknown) => {
      this.#nextDueAt = earlier(dueAt, this.#nextDueAt)
      throw error
    })
    if (resets !== this.#resets) return
    const told = this.#nextDueAt
    for (const [index, found] of rows.entries()) {
      if (found.dueAt > now || index === max) {
        this.#nextDueAt = earlier(told, found.dueAt)
        break
      }
      if (!this.#behind.has(found.cluster)) {
        if (this.#options.hasRoom(found.cluster)) this.#tell(found)
        else this.#behind.set(found.cluster, this.#horizon)
      }
      this.#horizon = { dueAt: found.dueAt, row: found.row }
    }
    // The rows of clusters that are behind, which may be many, are not looked through again.
    if (!this.#isDue(now) && this.#horizon.dueAt < now)
      this.#horizon = { dueAt: now, row: LAST_ROW }
  }

  #rowsBeyond({ dueAt, row }: Place, limit: number): Promise<readonly DueRow[]> {
    if (this.#behind.size === 0) return this.#database.read<DueRow>(OF_ALL, dueAt, row, limit)
    const behind = JSON.stringify([...this.#behind.keys()])
    return this.#database.read<DueRow>(OF_ALL_BUT, dueAt, row, limit, behind)
  }

  #tell(found: DueRow): void {
    this.#options.onDue(messageOf(found))
  }
}

function messageOf({ row: _, ...message }: DueRow): RetryMessage {
  return message
}

function isAfter(one: Place, other: Place): boolean {
  return one.dueAt > other.dueAt || (one.dueAt === other.dueAt && one.row > other.row)
}
