import type { AcceptedEvent } from '../../relay/model/queue-messages.ts'
import { decodeText, type StoredReading } from '../../relay/model/stored/codec.ts'
import { queuedEventCodec } from '../../relay/model/stored/queued-event.ts'
import type { RelayDatabase } from './relay-database.ts'

type Readable = Pick<RelayDatabase, 'read'>

/** Events by the numbers of their rows, each read once, however many records it has. */
export type EventReadings = ReadonlyMap<number, StoredReading<AcceptedEvent>>

interface BodyRow {
  readonly seq: number
  readonly body: string
}

/** What a record does not take from its event's body. */
const NO_PLACE = { id: '', group: '' }

/** The event of a row's body. */
export function eventReading(body: string): StoredReading<AcceptedEvent> {
  return decodeText(queuedEventCodec, body, NO_PLACE)
}

const OF_SEQUENCES = 'SELECT seq, body FROM events WHERE seq IN (SELECT value FROM json_each(?))'

/** Reads the events with these numbers. */
export async function readEvents(
  database: Readable,
  sequences: Iterable<number>,
): Promise<EventReadings> {
  const wanted = [...new Set(sequences)]
  if (wanted.length === 0) return new Map()
  return readingsOf(await database.read<BodyRow>(OF_SEQUENCES, JSON.stringify(wanted)))
}

function readingsOf(rows: readonly BodyRow[]): EventReadings {
  return new Map(rows.map(({ seq, body }) => [seq, eventReading(body)]))
}
