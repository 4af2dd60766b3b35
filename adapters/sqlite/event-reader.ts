import type { Awaitable } from '../../relay/model/awaitable.ts'
import type { AcceptedEvent, QueuedEvent } from '../../relay/model/queue-messages.ts'
import { storedValue } from '../../relay/model/stored/codec.ts'
import { DamagedRecord } from '../../relay/model/stored/errors.ts'
import { queuedEventCodec } from '../../relay/model/stored/queued-event.ts'
import { decodeEvent, type EventRow } from './event-row.ts'
import type { RelayDatabase } from './relay-database.ts'

/** The most events in memory, and the most characters of their bodies: some megabytes. */
const MAX_EVENTS = 2_000
const MAX_CHARACTERS = 4_000_000

const READ_EVENTS = `SELECT seq, id, grp AS "group", body FROM events
  WHERE seq IN (SELECT value FROM json_each(?))`

/** The name of a leased event. `cluster` is known when the event can be read. */
export type EventLease = Pick<QueuedEvent, 'group' | 'sequence'> &
  Partial<Pick<QueuedEvent, 'cluster'>>

interface RecentEvent {
  readonly event: AcceptedEvent
  readonly characters: number
  /** Whether it was never leased, and its id never accepted before. */
  isNew: boolean
}

/**
 * Reads queued events. Those that are queued first are kept as they were accepted, so that the
 * events of a calm hour are never read back; of a backlog the first leave first.
 */
export class EventReader {
  readonly #database: RelayDatabase
  readonly #recent = new Map<number, RecentEvent>()
  #characters = 0

  constructor(database: RelayDatabase) {
    this.#database = database
  }

  /**
   * Reports a queued event, whose body has so many characters. `isNew` tells that no event with its id was accepted
   * before.
   */
  add(sequence: number, event: AcceptedEvent, characters: number, isNew: boolean): void {
    if (this.#recent.size >= MAX_EVENTS || this.#characters + characters > MAX_CHARACTERS) return
    this.#recent.set(sequence, { event, characters, isNew })
    this.#characters += characters
  }

  /** Reports an event that left the queue. */
  forget(sequence: number): void {
    const recent = this.#recent.get(sequence)
    if (!recent) return
    this.#recent.delete(sequence)
    this.#characters -= recent.characters
  }

  /** The events of these sequences, or why one cannot be read: `DamagedRecord`, `DatabaseError`. */
  read(sequences: readonly number[]): Awaitable<ReadonlyMap<number, QueuedEvent | Error>> {
    const events = new Map<number, QueuedEvent | Error>()
    const unknown: number[] = []
    for (const sequence of sequences) {
      const recent = this.#recent.get(sequence)
      if (!recent) {
        unknown.push(sequence)
        continue
      }
      events.set(sequence, queuedEvent(recent.event, sequence, recent.isNew))
      recent.isNew = false
    }
    if (unknown.length === 0) return events
    return this.#readRows(unknown).then((rows) => {
      for (const sequence of unknown) {
        events.set(sequence, rows instanceof Error ? rows : eventOf(rows.get(sequence), sequence))
      }
      return events
    })
  }

  async #readRows(sequences: readonly number[]): Promise<ReadonlyMap<number, EventRow> | Error> {
    try {
      const rows = await this.#database.read<EventRow & { seq: number }>(
        READ_EVENTS,
        JSON.stringify(sequences),
      )
      return new Map(rows.map((row) => [row.seq, row]))
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }
}

function eventOf(row: EventRow | undefined, sequence: number): QueuedEvent | Error {
  if (row === undefined) {
    return new DamagedRecord('queued event', `event ${sequence} is not there any more`)
  }
  try {
    const name = `event ${sequence}`
    const event = storedValue(queuedEventCodec, decodeEvent(row), name)
    return queuedEvent(event, sequence, false)
  } catch (error) {
    return error instanceof Error ? error : new DamagedRecord('queued event', error)
  }
}

function queuedEvent(event: AcceptedEvent, sequence: number, isNew: boolean): QueuedEvent {
  return {
    ...event,
    // JSON leaves a key out that holds undefined.
    objectLabels: event.objectLabels,
    sequence: String(sequence),
    ...(isNew && { isNew }),
  }
}
