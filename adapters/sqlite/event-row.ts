import type { QueuedEvent } from '../../relay/model/delivery.ts'
import { decodeText, storedValue } from '../../relay/model/stored/codec.ts'
import { DamagedRecord } from '../../relay/model/stored/errors.ts'
import { queuedEventCodec } from '../../relay/model/stored/queued-event.ts'
import type { Database } from './database.ts'

const READ_EVENT = 'SELECT body FROM events WHERE seq = ?'

/** The event of a row. Throws `DamagedRecord`, `LaterVersion`, and what the database throws. */
export function readEvent(database: Database, sequence: number): QueuedEvent {
  const row = database.get<{ body: string }>(READ_EVENT, sequence)
  if (!row) throw new DamagedRecord('queued event', `event ${sequence} is not there any more`)
  const decoded = decodeText(queuedEventCodec, row.body)
  const event = storedValue(queuedEventCodec, decoded, `event ${sequence}`)
  return { ...event, sequence: String(sequence) }
}
