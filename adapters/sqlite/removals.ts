import { isClosed } from './database-error.ts'
import type { RelayDatabase } from './relay-database.ts'
import { change, outcomeChange, type UnitStatement } from './statement.ts'

/** Takes one event off the queue; its row stays while a record refers to it. */
const LEAVE_QUEUE = 'UPDATE events SET queued = 0 WHERE seq = ?'

const NEXT_HEAD = `SELECT seq FROM events
  WHERE grp = ? AND queued = 1 AND seq > ? ORDER BY seq LIMIT 1`

/** Takes the event `seq` off the queue. */
export function removal(seq: number): UnitStatement {
  return outcomeChange(LEAVE_QUEUE, seq)
}

/** Finds the next event of a group behind `seq`. Its row is `{ seq }`. */
export function nextOf(group: string, seq: number): UnitStatement {
  return { ...change(NEXT_HEAD, group, seq), returns: true }
}

const FIRST_WAIT_MS = 1_000
const MAX_WAIT_MS = 60_000

/** Told when events that are done could not be taken off the queue; it is tried again after `waitMs`. */
export type OnRemovalFailure = (error: unknown, events: number, waitMs: number) => void

/**
 * Takes events that are done off the queue, without a commit of its own for each. What cannot leave
 * the disk, because it is full, is tried again until it can: else it would come again at the next
 * start, and count as queued until then.
 */
export class Removals {
  readonly #database: RelayDatabase
  readonly #onFailure: OnRemovalFailure
  /** The rows of events that could not be removed. */
  readonly #left = new Set<number>()
  #failures = 0
  #timer: NodeJS.Timeout | undefined

  constructor(database: RelayDatabase, onFailure: OnRemovalFailure) {
    this.#database = database
    this.#onFailure = onFailure
  }

  /** Removes an event. That is on the disk with the next write, or soon after. */
  add(seq: number): void {
    this.#remove([seq])
  }

  #remove(seqs: readonly number[]): void {
    const unit = seqs.map(removal)
    this.#database.writeSoon(unit, {
      answer: () => {
        for (const seq of seqs) this.#left.delete(seq)
        if (this.#left.size === 0) this.#failures = 0
      },
      reject: (error) => {
        for (const seq of seqs) this.#left.add(seq)
        if (!isClosed(error)) this.#tryLater(error)
      },
    })
  }

  /** Tries the failed removals again later, once for all that failed together. */
  #tryLater(error: unknown): void {
    if (this.#timer) return
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** this.#failures, MAX_WAIT_MS)
    this.#failures += 1
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#remove([...this.#left])
    }, waitMs).unref()
    this.#onFailure(error, this.#left.size, waitMs)
  }
}
