import type { LedgerRecord, ListedRecord, Outcome } from '../model/delivery.ts'
import type { ExpectedVersion, Versioned } from './versioned.ts'

/** Which records to list; every given part must fit. Times are milliseconds since the epoch. */
export interface LedgerFilter {
  readonly cluster?: string
  /** `namespace/name`. */
  readonly alert?: string
  /** `namespace/name`. */
  readonly provider?: string
  /** `Kind/namespace/name`. */
  readonly object?: string
  readonly outcome?: Outcome
  /** Accepted at or after. */
  readonly since?: number
  /** Accepted before. */
  readonly until?: number
}

export interface LedgerPage {
  /** Latest first. */
  readonly records: readonly ListedRecord[]
  /** Opaque; absent on the last page. */
  readonly nextCursor?: string
}

export interface LedgerWrite {
  readonly record: LedgerRecord
  readonly expected: ExpectedVersion
}

/** A cursor that no `list` of this filter gave out: cut, changed, or another filter's. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor'
}

export interface ReadOptions {
  /** What was stored within the last moment may be missing, or as it was before. It costs less on some hosts. */
  readonly mayLag?: boolean
}

/** The record of every Delivery, changed by compare-and-set only. */
export interface Ledger {
  /**
   * The records that exist, in no order. Rejects with `DamagedRecord` or `LaterVersion` when one of
   * them cannot be read.
   */
  readMany(
    ids: readonly string[],
    options?: ReadOptions,
  ): Promise<ReadonlyArray<Versioned<LedgerRecord>>>
  /**
   * Throws while it is known that nothing new can be stored, such as on a full disk: nothing is sent then,
   * for its outcome could not be kept, and it would be sent again and again. A host that cannot know
   * never throws.
   */
  assertWritable(): void
  /** Each write alone: true when stored, false when the record was not as expected. */
  writeMany(writes: readonly LedgerWrite[]): Promise<readonly boolean[]>
  /** One record as `list` shows it; undefined without one. What cannot be read is a row that says so. */
  show(id: string): Promise<ListedRecord | undefined>
  /** `cursor` is a `nextCursor` of the same filter; anything else throws `InvalidCursor`. */
  list(filter: LedgerFilter, limit: number, cursor?: string): Promise<LedgerPage>
}
