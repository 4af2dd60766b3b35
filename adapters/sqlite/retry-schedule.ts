import type { RetryMessage } from '../../relay/model/delivery.ts'
import type { Database } from './database.ts'
import { Schedule } from './schedule.ts'

/** A message and the row that holds it. */
export interface RetryRow extends RetryMessage {
  readonly seq: number
}

interface Waiting {
  readonly row: RetryRow
  /** When it is due, or when it may be handed out again. Milliseconds since the epoch. */
  readonly at: number
}

const LOAD = `SELECT seq, delivery_id AS deliveryId, attempt, due_at AS dueAt FROM retries
  WHERE (due_at, seq) > (?, ?) AND due_at <= ? ORDER BY due_at, seq LIMIT ?`

const NEXT_DUE = 'SELECT due_at AS dueAt FROM retries WHERE due_at > ? ORDER BY due_at LIMIT 1'

/**
 * Which retries may be handed out. Rows are loaded in the order in which they fall due, and only
 * when they are due and wanted, so a long queue costs no memory.
 */
export class RetrySchedule {
  readonly #database: Database
  readonly #waiting = new Schedule<Waiting>(
    (a, b) => a.at < b.at || (a.at === b.at && a.row.seq < b.row.seq),
  )
  readonly #leased = new Map<string, RetryRow>()
  /** Where the last loaded row is; those up to there wait here, are leased, or are gone. */
  #horizon: Pick<RetryRow, 'dueAt' | 'seq'> = { dueAt: Number.MIN_SAFE_INTEGER, seq: 0 }

  constructor(database: Database) {
    this.#database = database
  }

  /** A row was inserted. Beyond the horizon it is found when its time comes. */
  added(row: RetryRow): void {
    const { dueAt, seq } = this.#horizon
    if (row.dueAt < dueAt || (row.dueAt === dueAt && row.seq <= seq)) this.#wait(row, row.dueAt)
  }

  /** Hands out at most `max` due messages, those that are due longest first. */
  lease(max: number, now: number): readonly RetryMessage[] {
    this.#load(max, now)
    const messages: RetryMessage[] = []
    while (messages.length < max) {
      const next = this.#waiting.take(now)
      if (!next) break
      const { seq: _, ...message } = next.row
      this.#leased.set(keyOf(message), next.row)
      messages.push(message)
    }
    return messages
  }

  /** Ends the lease of a message; undefined when it is not leased. */
  unlease(message: RetryMessage): RetryRow | undefined {
    const row = this.#leased.get(keyOf(message))
    this.#leased.delete(keyOf(message))
    return row
  }

  /** A row without a lease could not be deleted: its lease goes on. */
  notDeleted(row: RetryRow): void {
    this.#leased.set(keyOf(row), row)
  }

  /** Puts a row without a lease back. */
  release(row: RetryRow, notBefore: number): void {
    this.#wait(row, notBefore)
  }

  nextWakeAt(now: number): number | undefined {
    const waiting = this.#waiting.nextWakeAt(now)
    const later = Math.max(now, this.#horizon.dueAt)
    const unseen = this.#database.get<{ dueAt: number }>(NEXT_DUE, later)?.dueAt
    return earlier(waiting, unseen)
  }

  #wait(row: RetryRow, at: number): void {
    this.#waiting.delay({ row, at }, at)
  }

  /** Loads as many as may be taken, so that the next ones are all among those that wait here. */
  #load(max: number, now: number): void {
    const { dueAt, seq } = this.#horizon
    const rows = this.#database.all<RetryRow>(LOAD, dueAt, seq, now, max)
    for (const row of rows) this.#wait(row, row.dueAt)
    this.#horizon = rows.at(-1) ?? this.#horizon
  }
}

/** The smaller of two times, of which either may be missing. */
export function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}

function keyOf({ deliveryId, attempt }: RetryMessage): string {
  return `${attempt}/${deliveryId}`
}
