import type { BareRecord } from '../../relay/model/bare-record.ts'
import { isTest, type LedgerRecord, type ListedRecord } from '../../relay/model/delivery.ts'
import type { Outcome } from '../../relay/model/outcomes.ts'
import type { AcceptedEvent } from '../../relay/model/queue-messages.ts'
import {
  decodeText,
  encodeText,
  type StoredReading,
  storedValue,
  unreadableText,
} from '../../relay/model/stored/codec.ts'
import { deliveryRecordCodec } from '../../relay/model/stored/delivery-record.ts'

/** A record as its row has it. */
export interface RecordRow {
  readonly id: string
  readonly cluster: string
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number
  /** Without what other columns have, and without the event; that of a test, or of an earlier relay, has all. */
  readonly body: string
}

/** A row with what lists show of a record that cannot be read. */
export interface ShownRow extends RecordRow {
  readonly object: string
  readonly outcome: Outcome
  readonly alert: string | null
  readonly provider: string | null
}

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

/** `accepted`: the event, if the record has it not in its own body, as one that belongs to none that is stored. */
function decodeRecord(
  row: RecordRow,
  accepted: StoredReading<AcceptedEvent> | undefined,
): StoredReading<LedgerRecord> {
  const { id, cluster, acceptedAt, body } = row
  const own = { id, cluster, acceptedAt }
  if (accepted === undefined) return decodeText(deliveryRecordCodec, body, own)
  if (accepted.kind !== 'read') return accepted
  const { event: reported, objectLabels } = accepted.value
  return decodeText(deliveryRecordCodec, body, { ...own, event: reported, objectLabels })
}

/** Stands for the event and the labels of a record that is read without them. */
const NO_EVENT = {
  involvedObject: {
    ...{ kind: '', namespace: '', name: '', uid: '', apiVersion: '' },
    ...{ resourceVersion: '', fieldPath: '' },
  },
  ...{ severity: '', timestamp: '', message: '', reason: '', metadata: {} },
  ...{ reportingController: '', reportingInstance: '' },
}

/** The record of a row, whatever its event is. Throws `DamagedRecord` or `LaterVersion`. */
export function bareRecord({ id, cluster, acceptedAt, body }: RecordRow): BareRecord {
  const apart = { id, cluster, acceptedAt, event: NO_EVENT }
  const {
    event: _,
    objectLabels: __,
    ...bare
  } = storedValue(deliveryRecordCodec, decodeText(deliveryRecordCodec, body, apart), id)
  return bare
}

/** The record of a row. Throws `DamagedRecord` or `LaterVersion`. */
export function storedRecord(
  row: RecordRow,
  accepted: StoredReading<AcceptedEvent> | undefined,
): LedgerRecord {
  return storedValue(deliveryRecordCodec, decodeRecord(row, accepted), row.id)
}

/** The record of a row, or what the columns beside it tell of one that cannot be read. */
export function listedRecord(
  row: ShownRow,
  accepted: StoredReading<AcceptedEvent> | undefined,
): ListedRecord {
  const decoded = decodeRecord(row, accepted)
  if (decoded.kind === 'read') return decoded.value
  const { id, cluster, object, outcome, alert, provider, acceptedAt } = row
  const reason = `this record cannot be read: ${unreadableText(deliveryRecordCodec, decoded)}`
  const shown = { id, cluster, object, outcome, acceptedAt, reason }
  const reached = { ...(alert !== null && { alert }), ...(provider !== null && { provider }) }
  return { kind: 'unreadable', ...shown, ...reached }
}
