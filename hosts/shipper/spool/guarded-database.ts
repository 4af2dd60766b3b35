import type { Database } from '../../../adapters/sqlite/database.ts'
import { type DatabaseError, databaseErrorOf } from '../../../adapters/sqlite/database-error.ts'
import { type DiskRoom, isFull } from './disk-room.ts'

/** The operations for tables in the spool's file. */
export type Tables = Pick<Database, 'get' | 'all' | 'run' | 'write'>

/**
 * A database that reports once when its file is damaged: nothing works any more then. On a full
 * disk it makes room for what is to be written. Once its file is gone it writes nothing.
 */
export class GuardedDatabase implements Tables {
  readonly #database: Database
  readonly #room: Pick<DiskRoom, 'clear'>
  readonly #onCorrupt: (error: Error) => void
  #isCorrupt = false
  #refusal: DatabaseError | undefined

  constructor(
    database: Database,
    room: Pick<DiskRoom, 'clear'>,
    onCorrupt: (error: Error) => void,
  ) {
    this.#database = database
    this.#room = room
    this.#onCorrupt = onCorrupt
  }

  /** Rejects every write with this error from now on, including those under way. */
  refuse(error: DatabaseError): void {
    this.#refusal = error
  }

  readonly get: Database['get'] = (...query) => this.#guard(() => this.#database.get(...query))

  readonly all: Database['all'] = (...query) => this.#guard(() => this.#database.all(...query))

  readonly run: Database['run'] = (...change) => this.#guard(() => this.#database.run(...change))

  readonly write: Database['write'] = async (operation, committed) => {
    try {
      return await this.add(operation, committed)
    } catch (error) {
      if (!isFull(error) || !this.#guard(() => this.#room.clear())) throw error
      return await this.add(operation, committed)
    }
  }

  /** Makes a write that is given up when the disk is full, because it would fill it more. */
  readonly add: Database['write'] = async (operation, committed) => {
    try {
      if (this.#refusal) throw this.#refusal
      const result = await this.#database.write(operation, committed)
      // It was noticed meanwhile that what is written now is in a file which nobody finds.
      if (this.#refusal) throw this.#refusal
      return result
    } catch (error) {
      throw this.#noted(error)
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw this.#noted(error)
    }
  }

  #noted(error: unknown): unknown {
    const broken = databaseErrorOf(this.#database.file, error)
    if (broken?.problem === 'corrupt' && !this.#isCorrupt) {
      this.#isCorrupt = true
      this.#onCorrupt(broken)
    }
    return broken ?? error
  }
}
