import type { Awaitable } from '../../relay/model/awaitable.ts'
import type { AcceptedEvent, QueuedEvent } from '../../relay/model/queue-messages.ts'
import { storedValue } from '../../relay/model/stored/codec.ts'
import { DamagedRecord } from '../../relay/model/stored/errors.ts'
import { queuedEventCodec } from '../../relay/model/stored/queued-event.ts'
import type { GroupHead } from './event-groups.ts'
import { decodeEvent, type EventRow } from './event-row.ts'
import { LARGE_BYTES } from './large-bodies.ts'
import type { RelayDatabase } from './relay-database.ts'

/** The most events in memory, and the most characters of their bodies: some megabytes. */
const MAX_EVENTS = 2_000
const MAX_CHARACTERS = 4_000_000

/** Reads the bodies that have so many bytes at most. The size alone costs SQLite nothing: a row begins with it. */
const READ_EVENTS = `SELECT seq, id, grp AS "group", octet_length(body) AS bytes,
    CASE WHEN octet_length(body) <= ?2 THEN body END AS body
  FROM events WHERE seq IN (SELECT value FROM json_each(?1))`

/** The name of a leased event. `cluster` is known when the event can be read. */
export type EventLease = Pick<QueuedEvent, 'group' | 'sequence'> &
  Partial<Pick<QueuedEvent, 'cluster'>>

/** An event that was not read, since it is large. */
export class LargeEvent {
  readonly bytes: number

  constructor(bytes: number) {
    this.bytes = bytes
  }
}

interface ReadRow extends Omit<EventRow, 'body'> {
  readonly seq: number
  readonly bytes: number
  readonly body: string | null
}

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

  /**
   * The events that are the heads of these groups, by their sequences, or why one cannot be read: `DamagedRecord`,
   * `DatabaseError`. One that is large is read only if its group knows that.
   */
  read(
    heads: readonly GroupHead[],
  ): Awaitable<ReadonlyMap<number, QueuedEvent | LargeEvent | Error>> {
    const events = new Map<number, QueuedEvent | LargeEvent | Error>()
    const unknown: number[] = []
    const large: number[] = []
    for (const { head, largeBytes } of heads) {
      const recent = this.#recent.get(head)
      if (!recent) {
        if (largeBytes > 0) large.push(head)
        else unknown.push(head)
      } else if (largeBytes === 0 && recent.characters > LARGE_BYTES) {
        events.set(head, new LargeEvent(recent.characters))
      } else {
        events.set(head, queuedEvent(recent.event, head, recent.isNew))
        recent.isNew = false
      }
    }
    if (unknown.length + large.length === 0) return events
    const reads = [
      this.#readRows(unknown, LARGE_BYTES, events),
      this.#readRows(large, Number.MAX_SAFE_INTEGER, events),
    ]
    return Promise.all(reads).then(() => events)
  }

  async #readRows(
    sequences: readonly number[],
    mostBytes: number,
    events: Map<number, QueuedEvent | LargeEvent | Error>,
  ): Promise<void> {
    if (sequences.length === 0) return
    try {
      const names = JSON.stringify(sequences)
      const rows = await this.#database.read<ReadRow>(READ_EVENTS, names, mostBytes)
      const found = new Map(rows.map((row) => [row.seq, row]))
      for (const sequence of sequences) events.set(sequence, eventOf(found.get(sequence), sequence))
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error))
      for (const sequence of sequences) events.set(sequence, failure)
    }
  }
}

function eventOf(row: ReadRow | undefined, sequence: number): QueuedEvent | LargeEvent | Error {
  if (row === undefined) {
    return new DamagedRecord('queued event', `event ${sequence} is not there any more`)
  }
  const { body } = row
  if (body === null) return new LargeEvent(row.bytes)
  try {
    const name = `event ${sequence}`
    const event = storedValue(queuedEventCodec, decodeEvent({ ...row, body }), name)
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
