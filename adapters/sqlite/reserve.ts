import { DatabaseError } from './database-error.ts'
import { DiskReserve } from './disk-reserve.ts'

/** The bytes that are kept free for outcomes: some thousand records. */
export const RESERVE_BYTES = 2 * 1024 * 1024

/** More than that must be free before a disk that was full counts as one with room. */
const MARGIN_BYTES = 1024 * 1024

/** Space on the disk that is reserved until it is needed. */
export interface Reserve {
  /** Takes the room, unless it is taken already. Throws `DatabaseError` when there is not enough of it. */
  make(): void
  /** Releases the space. */
  release(): void
}

/** A file beside a database, which takes up the room. */
export class ReserveFile implements Reserve {
  readonly #database: string
  readonly #file: DiskReserve

  constructor(database: string) {
    this.#database = database
    this.#file = new DiskReserve(`${database}-reserve`)
  }

  make(): void {
    if (this.#file.bytes >= RESERVE_BYTES) return
    if (this.#free() < RESERVE_BYTES + MARGIN_BYTES) {
      const text = 'there is no space left. Free some space on this disk.'
      throw new DatabaseError(this.#database, 'full', text)
    }
    // Where such a file cannot be made for another reason, only what is written later can tell.
    this.#file.grow(RESERVE_BYTES)
  }

  release(): void {
    this.#file.release()
  }

  /** The free bytes; infinite when the system does not tell them. */
  #free(): number {
    try {
      return this.#file.free()
    } catch {
      return Number.POSITIVE_INFINITY
    }
  }
}
