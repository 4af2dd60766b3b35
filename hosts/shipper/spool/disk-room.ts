import { statSync } from 'node:fs'
import type { Database } from '../../../adapters/sqlite/database.ts'
import { DatabaseError, databaseErrorOf } from '../../../adapters/sqlite/database-error.ts'
import type { DiskReserve } from '../../../adapters/sqlite/disk-reserve.ts'

/**
 * The least reserve in bytes. It is for what is written to empty the spool, such as an event that
 * is set aside.
 */
const LEAST_BYTES = 2 * 1024 * 1024
/** How much the reserve grows by, and how large it becomes. Ordinary events need no more. */
const STEP_BYTES = 1024 * 1024
const MOST_BYTES = 8 * STEP_BYTES

/**
 * The most bytes of the file that one event takes in addition to its text. A long text has pages of
 * its own.
 */
const ROW_BYTES = 4_096
const TEXT_FACTOR = 1.25

/** The events that are to be stored. */
export interface Load {
  readonly events: number
  /** The bytes of their texts. */
  readonly bytes: number
}

/**
 * Makes sure that the spool can be emptied even if it has filled the disk. To delete a row SQLite
 * writes to its log, and to start the log again it moves it into the file, which grows by what was
 * added since. So a reserve as large as that growth is allocated before anything is added;
 * otherwise the addition must fit into free pages of the file.
 */
export class DiskRoom {
  readonly #database: Pick<Database, 'file' | 'get'>
  readonly #reserve: DiskReserve
  readonly #onCleared: (bytes: number) => void
  readonly #pageBytes: number
  /**
   * The most bytes that the file may still grow by, because of what was added since it was
   * measured.
   */
  #growth = Number.POSITIVE_INFINITY

  /**
   * `onCleared` is called with the number of reserve bytes that were given up. Throws SQLite's
   * error.
   */
  constructor(
    database: Pick<Database, 'file' | 'get'>,
    reserve: DiskReserve,
    onCleared: (bytes: number) => void,
  ) {
    this.#database = database
    this.#reserve = reserve
    this.#onCleared = onCleared
    this.#pageBytes = this.#pragma('page_size')
  }

  /**
   * Whether there is room for `added` in addition to `pending`, which is being written to the file.
   */
  takes(added: Load, pending: Load): boolean {
    this.#growth += growthOf(added)
    if (this.#isCovered()) return true
    const unwritten = this.#unwritten()
    const growth = growthOf(added) + growthOf(pending)
    this.#growth = unwritten + growth
    if (this.#isCovered()) return true
    if (this.#isSpared(growth)) return true
    this.#growth = Number.POSITIVE_INFINITY
    const free = this.#pragma('freelist_count') * this.#pageBytes
    return unwritten === 0 && free >= growth + LEAST_BYTES
  }

  /**
   * Gives up the reserve, so that the log can be moved into the file and started again. False when
   * that is not enough. Throws `DatabaseError` when the disk fails in another way.
   */
  clear(): boolean {
    const { bytes } = this.#reserve
    this.#reserve.release()
    this.#growth = Number.POSITIVE_INFINITY
    if (bytes > 0) this.#onCleared(bytes)
    try {
      this.#database.get('PRAGMA wal_checkpoint(RESTART)')
      return true
    } catch (error) {
      if (isFull(databaseErrorOf(this.#database.file, error))) return false
      throw error
    }
  }

  #isCovered(): boolean {
    return this.#reserve.bytes >= LEAST_BYTES + this.#growth
  }

  /**
   * Whether the disk has as much space as is needed, within the reserve or beyond it for a burst.
   */
  #isSpared(growth: number): boolean {
    const wanted = Math.ceil((LEAST_BYTES + this.#growth) / STEP_BYTES) * STEP_BYTES
    if (wanted <= MOST_BYTES) return this.#reserve.grow(wanted)
    // The log takes as much as the file, and takes it first.
    return this.#reserve.grow(MOST_BYTES) && this.#reserve.free() >= wanted - MOST_BYTES + growth
  }

  /** How many bytes the file grows by once the whole log is moved into it. */
  #unwritten(): number {
    const whole = this.#pragma('page_count') * this.#pageBytes
    return Math.max(0, whole - statSync(this.#database.file).size)
  }

  #pragma(name: string): number {
    return Object.values(this.#database.get<Record<string, number>>(`PRAGMA ${name}`) ?? {})[0] ?? 0
  }
}

/** Whether a write failed because the disk is full. */
export function isFull(error: unknown): boolean {
  return error instanceof DatabaseError && error.problem === 'full'
}

function growthOf({ events, bytes }: Load): number {
  return events * ROW_BYTES + bytes * TEXT_FACTOR
}

export function plus(one: Load, other: Load): Load {
  return { events: one.events + other.events, bytes: one.bytes + other.bytes }
}

export function minus(one: Load, other: Load): Load {
  return { events: one.events - other.events, bytes: one.bytes - other.bytes }
}
