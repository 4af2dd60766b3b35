import { isTest, type LedgerRecord } from '../../relay/model/delivery.ts'
import {
  decodeText,
  encodeText,
  type StoredReading,
  storedValue,
} from '../../relay/model/stored/codec.ts'
import { deliveryRecordCodec } from '../../relay/model/stored/delivery-record.ts'
import { queuedEventCodec } from '../../relay/model/stored/queued-event.ts'

/** A record without its event, and the event as it was queued. */
export interface RecordRow {
  readonly body: string
  /** Null when the record has the event in its own body: it belongs to none that is stored. */
  readonly event: string | null
}

/** The body of a record's row. The rest is in the row of its event, which a test has not. */
export function recordBody(record: LedgerRecord): string {
  if (isTest(record)) return encodeText(deliveryRecordCodec, record)
  const apart = { event: undefined, objectLabels: undefined }
  return JSON.stringify({ ...deliveryRecordCodec.encode(record), ...apart })
}

export function decodeRecord({ body, event }: RecordRow): StoredReading<LedgerRecord> {
  if (event === null) return decodeText(deliveryRecordCodec, body)
  const accepted = decodeText(queuedEventCodec, event)
  if (accepted.kind !== 'read') return accepted
  const { event: reported, objectLabels } = accepted.value
  return decodeText(deliveryRecordCodec, body, { event: reported, objectLabels })
}

/** The record of a row. Throws `DamagedRecord` or `LaterVersion`. */
export function storedRecord(row: RecordRow, id: string): LedgerRecord {
  return storedValue(deliveryRecordCodec, decodeRecord(row), id)
}
