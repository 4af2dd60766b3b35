import type { Database } from '../../../adapters/sqlite/database.ts'
import type { DatabaseError } from '../../../adapters/sqlite/database-error.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import { type DiskRoom, type Load, minus, plus } from './disk-room.ts'
import { EventMemory } from './event-memory.ts'
import { GuardedDatabase, type Tables } from './guarded-database.ts'
import { RefusedEvents } from './refused-events.ts'
import { SpoolWrite } from './spool-write.ts'
import {
  isLater,
  type Sized,
  type SpooledEvent,
  SpooledEvents,
  type SpooledRow,
} from './spooled-events.ts'

/** An event of a batch that the relay will never take, and why. */
export interface Refusal {
  /** Place in the batch. */
  readonly index: number
  readonly error: string
}

/** Whether an event is new, known, or takes the place of one that was kept before it. */
export type Admission = 'new' | 'known' | 'replaces'

/** What became of an event. */
export type Kept = 'spooled' | 'known' | 'replaced'

/** An event to be kept. */
export interface Entry {
  /** JSON text. */
  readonly body: string
  /**
   * Says whether the event is new; when it is `known`, it is not kept. Called within the write, so
   * that what it writes itself is on disk together with the event, or is not. It may be called again
   * after it was undone, and must change nothing but the database.
   */
  readonly admit?: ((write: SpoolWrite) => Admission) | undefined
  /** Called in the same way, with the place of the event once it is kept. */
  readonly admitted?: ((sequence: number, write: SpoolWrite) => void) | undefined
}

/** How much is in the spool. */
export interface SpoolDepth {
  readonly events: number
  /** Of their JSON text. */
  readonly bytes: number
  /** When the oldest event was accepted, in milliseconds since the epoch. */
  readonly oldestAt?: number
  /** Events set aside, as far as they are kept. */
  readonly refused: number
  /** How many of the events that wait were written by a later version, which alone can send them. */
  readonly later: number
}

export interface SpoolOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Most bytes of JSON text that wait. */
  readonly maxBytes: number
  /** Told once when the file turns out to be damaged: nothing will work any more. */
  readonly onCorrupt: (error: Error) => void
}

const PROBE = `INSERT INTO probe (id, written_at) VALUES (1, ?)
  ON CONFLICT (id) DO UPDATE SET written_at = excluded.written_at`

/** Deleted in one transaction at most, so that posts need not wait for long. */
const MAX_DROPPED_AT_ONCE = 1_000

/** Events on disk, in the order in which they came, for the one process that owns the file. */
export class Spool {
  /** What is remembered of Kubernetes Events, in the same file. */
  readonly memory: EventMemory
  readonly #database: GuardedDatabase
  readonly #room: DiskRoom
  readonly #options: SpoolOptions
  readonly #waiting: SpooledEvents
  readonly #refused: RefusedEvents
  readonly #listeners: (() => void)[] = []
  /** How many wait, and of how many bytes. */
  #events: number
  #bytes: number
  #later: number
  /** What is being written. */
  #pending: Load = { events: 0, bytes: 0 }

  /** Throws SQLite's error when the file cannot be read. */
  constructor(database: Database, room: DiskRoom, options: SpoolOptions) {
    this.#database = new GuardedDatabase(database, room, options.onCorrupt)
    this.#room = room
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

  /** The file is gone: from now on nothing is kept, and whatever would be rejects with this error. */
  refuse(error: DatabaseError): void {
    this.#database.refuse(error)
  }

  /**
   * Keeps an event; it is on disk once this resolves with `spooled` or `replaced`, and not kept when
   * it is `known` to `admit`, or the spool or its disk is `full`. Events of one turn of the event
   * loop share a commit. Rejects with `DatabaseError`.
   */
  async add(body: string, admit?: Entry['admit']): Promise<Kept | 'full'> {
    const [result = 'full'] = await this.addAll([{ body, admit }])
    return result
  }

  /**
   * Keeps events in their order and in one transaction: as many of the first as there is room for,
   * each of which has a result. Rejects with `DatabaseError`, and then none is kept.
   */
  async addAll(entries: readonly Entry[]): Promise<readonly Kept[]> {
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
   * Changes what waits, in one write, in which `operation` may be called more than once. Rejects
   * with `DatabaseError`, and then nothing is changed.
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

  /** Calls `listener` after an event was kept, or is held back no longer. */
  onAdded(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /**
   * The oldest events that are not held back, nor of a later version: at most `maxEvents`, and as many
   * as fit into a JSON array of `maxBytes`, but one at least. They stay in the spool until `settle`.
   * Throws `DatabaseError`.
   */
  peek(maxEvents: number, maxBytes: number): readonly SpooledEvent[] {
    return this.#waiting.oldest(maxEvents, maxBytes)
  }

  /**
   * Forgets a batch that `peek` gave, once the relay has answered for it; sets its refused events
   * aside. Rejects with `DatabaseError`, and the batch then is as it was.
   */
  async settle(batch: readonly SpooledEvent[], refusals: readonly Refusal[]): Promise<void> {
    if (batch.length === 0) return
    const now = this.#options.clock.now()
    await this.tables.write(
      () => {
        // Deleted first: on a full disk what is set aside takes the place of what it was.
        const rows = this.#waiting.delete(batch.map(({ sequence }) => sequence))
        const deleted = new Set(rows.map(({ seq }) => seq))
        for (const { index, error } of refusals) {
          const event = batch[index]
          if (event && deleted.has(event.sequence)) this.#refused.insert(event.body, error, now)
        }
        if (refusals.length > 0) this.#refused.trim()
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

  /** Of the latest event that waits; 0 without one. Throws `DatabaseError`. */
  lastSequence(): number {
    return this.#waiting.lastSequence()
  }

  /**
   * Moves the times of acceptance by `ms`: those of the events up to `sequence`, and of those that
   * were accepted between the two times. Rejects with `DatabaseError`.
   */
  async shiftTimes(ms: number, sequence: number, from: number, to: number): Promise<void> {
    await this.tables.write(() => this.#waiting.shiftTimes(ms, sequence, from, to))
  }

  /** Why no event can be kept now; undefined when one can. Writes to the disk to find out. */
  async problem(): Promise<string | undefined> {
    if (this.#bytes + this.#pending.bytes >= this.#options.maxBytes) return 'the spool is full'
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

  /** Counts are kept in memory. Throws `DatabaseError`. */
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

  #fitting(entries: readonly Entry[]): readonly (Entry & Sized)[] {
    let room = this.#options.maxBytes - this.#bytes - this.#pending.bytes
    const sized = entries.map((entry) => ({ ...entry, bytes: Buffer.byteLength(entry.body) }))
    const beyond = sized.findIndex(({ bytes }) => {
      room -= bytes
      return room < 0
    })
    return beyond < 0 ? sized : sized.slice(0, beyond)
  }

  #deleted(rows: readonly SpooledRow[]): void {
    this.#events -= rows.length
    this.#bytes -= sum(rows)
    this.#later -= rows.filter(isLater).length
  }
}

function keep({ body, admit, admitted }: Entry, write: SpoolWrite): Kept {
  const admission = admit?.(write) ?? 'new'
  if (admission === 'known') return 'known'
  const sequence = write.insert(body)
  admitted?.(sequence, write)
  return admission === 'new' ? 'spooled' : 'replaced'
}

function sum(rows: readonly Sized[]): number {
  return rows.reduce((total, { bytes }) => total + bytes, 0)
}
