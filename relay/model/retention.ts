import type { LedgerRecord } from './delivery.ts'

/** The default time for which a ledger keeps final records: 30 days in milliseconds. */
export const DEFAULT_RETENTION_MS = 30 * 24 * 3_600_000

/** How many days a cluster that was taken out of use can be brought back. */
export const CLUSTER_RECOVERY_DAYS = 7

/**
 * When a record may be deleted, in milliseconds since the epoch; undefined for a record that waits,
 * which is kept.
 */
export function expiryOf(record: LedgerRecord, retentionMs: number): number | undefined {
  return record.status.kind === 'waiting' ? undefined : record.updatedAt + retentionMs
}
