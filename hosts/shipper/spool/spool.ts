import type { Database } from '../../../adapters/sqlite/database.ts'
import type { DatabaseError } from '../../../adapters/sqlite/database-error.ts'
import type { Rejection } from '../../../relay/api/schemas/events.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import { type DiskRoom, type Load, minus, plus } from './disk-room.ts'
import { EventMemory } from './event-memory.ts'
import { GuardedDatabase, type Tables } from './guarded-database.ts'
import { RefusedEvents } from './refused-events.ts'
import { SpoolLimit } from './spool-limit.ts'
import { SpoolWrite } from './spool-write.ts'
import {
  isLater,
  type Sized,
  type SpooledEvent,
  SpooledEvents,
  type SpooledRow,
} from './spooled-events.ts'

/** Whether an event is new, known, or replaces one that was stored before. */
export type Novelty = 'new' | 'known' | 'replaces'

/** What became of an event. */
export type Kept = 'spooled' | 'known' | 'replaced'

/** An event to be stored. */
export interface SpooledItem {
  /** The event as JSON text. */
  readonly body: string
  /**
   * Returns whether the event is new; a `known` one is not stored. It is called within the write,
   * so that its own writes are stored together with the event, or not at all. It may be called
   * again after it was undone, and must not change anything but the database.
   */
  readonly admit?: ((write: SpoolWrite) => Novelty) | undefined
  /** Called in the same way once the event is stored, with its sequence. */
  readonly admitted?: ((sequence: number, write: SpoolWrite) => void) | undefined
}

/** How much is in the spool. */
export interface SpoolDepth {
  readonly events: number
  /** The bytes of their JSON texts. */
  readonly bytes: number
  /** When the oldest event was accepted, in milliseconds since the epoch. */
  readonly oldestAt?: number
  /** How many events were set aside and are still kept. */
  readonly refused: number
  /** How many of the waiting events were written by a later version, which alone can send them. */
  readonly later: number
}

export interface SpoolOptions {
  readonly clock: Pick<Clock, 'now'>
  /** The most bytes of JSON text that may wait. */
  readonly maxBytes: number
  /** Called once when the file is damaged: nothing works any more then. */
  readonly onCorrupt: (error: Error) => void
}

const PROBE = `INSERT INTO probe (id, written_at) VALUES (1, ?)
  ON CONFLICT (id) DO UPDATE SET written_at = excluded.written_at`

/** The most events that one transaction deletes, so that posts need not wait for long. */
const MAX_DROPPED_AT_ONCE = 1_000

/** Events on disk, in the order in which they came. Only one process may have the file open. */
export class Spool {
  /** What is remembered of Kubernetes Events, in the same file. */
  readonly memory: EventMemory
  readonly #database: GuardedDatabase
  readonly #room: DiskRoom
  readonly #limit: SpoolLimit
  readonly #options: SpoolOptions
  readonly #waiting: SpooledEvents
  readonly #refused: RefusedEvents
  readonly #listeners: (() => void)[] = []
  /** How many events wait, and how many bytes they have. */
  #events: number
  #bytes: number
  #later: number
  /** The events that are being written. */
  #pending: Load = { events: 0, bytes: 0 }

  /** Opens the spool. Throws SQLite's error when the file cannot be read. */
  constructor(database: Database, room: DiskRoom, options: SpoolOptions) {
    this.#database = new GuardedDatabase(database, room, options.onCorrupt)
    this.#room = room
    this.#limit = new SpoolLimit(options.maxBytes)
    this.#options = options
    this.#waiting = new SpooledEvents(this.tables)
    this.#refused = new RefusedEvents(this.tables)
    this.memory = new EventMemory(this.tables)
    // Not guarded: who opens the file sets it aside when it is damaged.
    const { events, bytes, later } = new SpooledEvents(database).totals()
    this.#events = events
    this.#bytes = bytes
    this.#later = later
  }

  /** All tables of the file. */
  get tables(): Tables {
    return this.#database
  }

  /** Rejects every write with this error from now on, because the file is gone. */
  refuse(error: DatabaseError): void {
    this.#database.refuse(error)
  }

  /**
   * Stores an event. It is on disk once this resolves with `spooled` or `replaced`. It is not
   * stored when `admit` returned `known`, or when the spool or its disk is `full`. Events of one
   * turn of the event loop share a commit. Rejects with `DatabaseError`.
   */
  async add(body: string, admit?: SpooledItem['admit']): Promise<Kept | 'full'> {
    const [result = 'full'] = await this.addAll([{ body, admit }])
    return result
  }

  /**
   * Stores events in their order and in one transaction, as many of the first as there is room for.
   * Each of those has a result. Rejects with `DatabaseError`, and then none is stored.
   */
  async addAll(entries: readonly SpooledItem[]): Promise<readonly Kept[]> {
    const fitting = this.#fitting(entries)
    const load = { events: fitting.length, bytes: sum(fitting) }
    if (fitting.length === 0 || !this.#room.takes(load, this.#pending)) return []
    this.#pending = plus(this.#pending, load)
    try {
      return await this.#change(this.#database.add, (write) =>
        fitting.map((entry) => keep(entry, write)),
      )
    } finally {
      this.#pending = minus(this.#pending, load)
    }
  }

  /**
   * Changes the waiting events in one write. `operation` may be called more than once. Rejects with
   * `DatabaseError`, and then nothing is changed.
   */
  change<T>(operation: (write: SpoolWrite) => T): Promise<T> {
    return this.#change(this.#database.write, operation)
  }

  async #change<T>(
    write: GuardedDatabase['write'],
    operation: (write: SpoolWrite) => T,
  ): Promise<T> {
    const { result } = await write(
      () => {
        const write = new SpoolWrite(this.#waiting, this.memory.held, this.#options.clock.now())
        return { write, result: operation(write) }
      },
      ({ write }) => {
        this.#events += write.events
        this.#bytes += write.bytes
        this.#later += write.later
        if (write.hasMore) for (const listener of this.#listeners) listener()
      },
    )
    return result
  }

  /** Calls `listener` after an event was stored or released. */
  onAdded(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /**
   * The oldest events that can be sent: they are not held, and not of a later version. At most
   * `maxEvents`, and as many as fit into a JSON array of `maxBytes`, but at least one. They stay in
   * the spool until `settle`. Throws `DatabaseError`.
   */
  peek(maxEvents: number, maxBytes: number): readonly SpooledEvent[] {
    return this.#waiting.oldest(maxEvents, maxBytes)
  }

  /**
   * Deletes a batch that `peek` returned, once the relay has answered for it, and sets its refused
   * events aside. Rejects with `DatabaseError`, and then the batch stays.
   */
  async settle(batch: readonly SpooledEvent[], rejected: readonly Rejection[]): Promise<void> {
    if (batch.length === 0) return
    const now = this.#options.clock.now()
    await this.tables.write(
      () => {
        // Deleted first: on a full disk what is set aside takes the place of what it was.
        const rows = this.#waiting.delete(batch.map(({ sequence }) => sequence))
        const deleted = new Set(rows.map(({ seq }) => seq))
        for (const { index, error } of rejected) {
          const event = batch[index]
          if (event && deleted.has(event.sequence)) this.#refused.insert(event.body, error, now)
        }
        if (rejected.length > 0) this.#refused.trim()
        return rows
      },
      (rows) => this.#deleted(rows),
    )
  }

  /** Deletes events that were accepted before `time`; resolves with their number. */
  async dropBefore(time: number): Promise<number> {
    for (let dropped = 0; ; ) {
      const rows = await this.tables.write(
        () => {
          const rows = this.#waiting.deleteBefore(time, MAX_DROPPED_AT_ONCE)
          if (rows.length > 0) this.memory.held.forgetGone()
          return rows
        },
        (deleted) => this.#deleted(deleted),
      )
      dropped += rows.length
      if (rows.length < MAX_DROPPED_AT_ONCE) return dropped
    }
  }

  /** The sequence of the latest waiting event; 0 when there is none. Throws `DatabaseError`. */
  lastSequence(): number {
    return this.#waiting.lastSequence()
  }

  /**
   * Moves accept times by `ms`: those of the events up to `sequence`, and of those that were
   * accepted between the two times. Rejects with `DatabaseError`.
   */
  async shiftTimes(ms: number, sequence: number, from: number, to: number): Promise<void> {
    await this.tables.write(() => this.#waiting.shiftTimes(ms, sequence, from, to))
  }

  /**
   * The reason why no event can be stored now; undefined when one can. Writes to the disk to find
   * out.
   */
  async problem(): Promise<string | undefined> {
    if (this.#limit.isReached(this.#bytes + this.#pending.bytes)) return 'the spool is full'
    if (!this.#room.takes({ events: 1, bytes: 0 }, this.#pending)) {
      return 'the disk of the spool is full; only what waits is sent'
    }
    try {
      await this.#database.add(() => this.tables.run(PROBE, this.#options.clock.now()))
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  /** How many events wait. It is kept in memory. */
  get waitingEvents(): number {
    return this.#events
  }

  /** How much is in the spool. The counts are kept in memory. Throws `DatabaseError`. */
  depth(): SpoolDepth {
    const oldestAt = this.#waiting.oldestAt()
    return {
      events: this.#events,
      bytes: this.#bytes,
      refused: this.#refused.count(),
      later: this.#later,
      ...(oldestAt !== undefined && { oldestAt }),
    }
  }

  #fitting(entries: readonly SpooledItem[]): readonly (SpooledItem & Sized)[] {
    const sized = entries.map((entry) => ({ ...entry, bytes: Buffer.byteLength(entry.body) }))
    return this.#limit.fitting(sized, this.#bytes + this.#pending.bytes)
  }

  #deleted(rows: readonly SpooledRow[]): void {
    this.#events -= rows.length
    this.#bytes -= sum(rows)
    this.#later -= rows.filter(isLater).length
  }
}

function keep({ body, admit, admitted }: SpooledItem, write: SpoolWrite): Kept {
  const admission = admit?.(write) ?? 'new'
  if (admission === 'known') return 'known'
  const sequence = write.insert(body)
  admitted?.(sequence, write)
  return admission === 'new' ? 'spooled' : 'replaced'
}

function sum(rows: readonly Sized[]): number {
  return rows.reduce((total, { bytes }) => total + bytes, 0)
}
