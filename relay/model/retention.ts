import type { LedgerRecord } from './delivery.ts'

/** How long a ledger keeps what is done, when nobody says otherwise: 30 days in milliseconds. */
export const DEFAULT_RETENTION_MS = 30 * 24 * 3_600_000

/** When a record may go, in milliseconds since the epoch; undefined for one that waits, which stays. */
export function expiryOf(record: LedgerRecord, retentionMs: number): number | undefined {
  return record.status.kind === 'waiting' ? undefined : record.updatedAt + retentionMs
}
