import type { AcceptedEvent, QueuedEvent } from '../../relay/model/delivery.ts'
import { DamagedRecord } from '../../relay/model/stored/errors.ts'
import type { Database } from './database.ts'

const READ_EVENT = 'SELECT body FROM events WHERE seq = ?'

/** The event of a row. Throws `DamagedRecord`, and what the database throws. */
export function readEvent(database: Database, sequence: number): QueuedEvent {
  const row = database.get<{ body: string }>(READ_EVENT, sequence)
  if (!row) throw new DamagedRecord('queued event', `event ${sequence} is not there any more`)
  const event = parseEvent(row.body)
  // JSON leaves a key out that holds undefined.
  return { ...event, objectLabels: event.objectLabels, sequence: String(sequence) }
}

function parseEvent(body: string): AcceptedEvent {
  try {
    return JSON.parse(body) as AcceptedEvent
  } catch (error) {
    throw new DamagedRecord('queued event', error)
  }
}
