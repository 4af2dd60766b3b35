import type { AcceptedEvent } from '../../relay/model/queue-messages.ts'
import { decodeText, type StoredReading } from '../../relay/model/stored/codec.ts'
import { queuedEventCodec } from '../../relay/model/stored/queued-event.ts'

/** An event as its row has it. Its body is without what other columns have; that of an earlier relay has all. */
export interface EventRow {
  readonly id: string
  readonly group: string
  readonly body: string
}

/** The body of an event's row. */
export function eventBody(event: AcceptedEvent): string {
  return JSON.stringify({ ...queuedEventCodec.encode(event), id: undefined, group: undefined })
}

export function decodeEvent({ id, group, body }: EventRow): StoredReading<AcceptedEvent> {
  return decodeText(queuedEventCodec, body, { id, group })
}
