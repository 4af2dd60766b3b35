import { isTest, type LedgerRecord } from '../../relay/model/delivery.ts'
import {
  decodeText,
  encodeText,
  type StoredReading,
  storedValue,
} from '../../relay/model/stored/codec.ts'
import { deliveryRecordCodec } from '../../relay/model/stored/delivery-record.ts'
import { queuedEventCodec } from '../../relay/model/stored/queued-event.ts'

/** A record as its row has it, and the body of the event that it is about. */
export interface RecordRow {
  readonly id: string
  readonly cluster: string
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number
  /** Without what other columns have, and without the event; that of a test, or of an earlier relay, has all. */
  readonly body: string
  /** Null when the record has the event in its own body: it belongs to none that is stored. */
  readonly event: string | null
}

/** What a record does not take from its event's body. */
const NO_PLACE = { id: '', group: '' }

/** What other columns have, or the row of the event. */
const APART = {
  ...{ id: undefined, cluster: undefined, acceptedAt: undefined },
  ...{ event: undefined, objectLabels: undefined },
}

/** The body of a record's row. The rest is in the row of its event, which a test has not. */
export function recordBody(record: LedgerRecord): string {
  if (isTest(record)) return encodeText(deliveryRecordCodec, record)
  return JSON.stringify({ ...deliveryRecordCodec.encode(record), ...APART })
}

export function decodeRecord(row: RecordRow): StoredReading<LedgerRecord> {
  const { id, cluster, acceptedAt, body, event } = row
  const own = { id, cluster, acceptedAt }
  if (event === null) return decodeText(deliveryRecordCodec, body, own)
  const accepted = decodeText(queuedEventCodec, event, NO_PLACE)
  if (accepted.kind !== 'read') return accepted
  const { event: reported, objectLabels } = accepted.value
  return decodeText(deliveryRecordCodec, body, { ...own, event: reported, objectLabels })
}

/** The record of a row. Throws `DamagedRecord` or `LaterVersion`. */
export function storedRecord(row: RecordRow): LedgerRecord {
  return storedValue(deliveryRecordCodec, decodeRecord(row), row.id)
}
