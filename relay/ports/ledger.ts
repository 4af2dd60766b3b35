import type { BareRecord } from '../model/bare-record.ts'
import type { LedgerRecord, ListedRecord } from '../model/delivery.ts'
import type { Outcome } from '../model/outcomes.ts'
import type { ExpectedVersion, Versioned } from './versioned.ts'

/**
 * Which records to list: those that fit every given field. Times are milliseconds since the epoch.
 */
export interface LedgerFilter {
  readonly cluster?: string
  /** The Alert, as `namespace/name`. */
  readonly alert?: string
  /** The Provider, as `namespace/name`. */
  readonly provider?: string
  /** The object, as `Kind/namespace/name`. */
  readonly object?: string
  /** One outcome, or several of which any fits. */
  readonly outcome?: Outcome | readonly Outcome[]
  /** The beginning of a delivery's id. Each begins with an empty text. */
  readonly id?: string
  /** The beginning of an event's id. The test of a Provider is of no event. */
  readonly event?: string
  /** The earliest accept time. */
  readonly since?: number
  /** The accept time before which the records were accepted. */
  readonly until?: number
}

export interface LedgerPage {
  /** The records, the latest first. */
  readonly records: readonly ListedRecord[]
  /** The cursor of the next page, an opaque text; absent on the last page. */
  readonly nextCursor?: string
  /** Beside `nextCursor`: the accept time of the last record that was looked at, in milliseconds since the epoch. */
  readonly reachedTime?: number
}

export interface LedgerWrite {
  readonly record: LedgerRecord
  readonly expected: ExpectedVersion
}

/**
 * A cursor that no `list` with this filter returned: it was cut, changed, or belongs to another
 * filter.
 */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor'
}

export interface ReadOptions {
  /**
   * Whether the read may miss what was written in the last moment. Such a read costs less on some
   * hosts.
   */
  readonly mayLag?: boolean
  /**
   * Whether only what became of the events matters. A host that can leaves the events unread then, and does not
   * find out that one of them is damaged.
   */
  readonly withoutEvents?: boolean
}

/** The record of every Delivery, changed by compare-and-set only. */
export interface Ledger {
  /**
   * The records that exist, in any order. Rejects with `DamagedRecord` or `LaterVersion` when one
   * of them cannot be read.
   */
  readMany(
    ids: readonly string[],
    options: ReadOptions & { readonly withoutEvents: true },
  ): Promise<ReadonlyArray<Versioned<BareRecord>>>
  readMany(
    ids: readonly string[],
    options?: ReadOptions,
  ): Promise<ReadonlyArray<Versioned<LedgerRecord>>>
  /**
   * Throws while the store is known to accept no writes, such as on a full disk. Then nothing is
   * sent: its outcome could not be stored, and it would be sent again and again. A host that cannot
   * know this never throws.
   */
  assertWritable(): void
  /**
   * Makes each write by itself. The result is true for a write that was stored, and false when the
   * record was not as expected.
   */
  writeMany(writes: readonly LedgerWrite[]): Promise<readonly boolean[]>
  /**
   * One record as `list` shows it; undefined when there is none. A record that cannot be read is
   * returned as an `UnreadableRecord`.
   */
  show(id: string): Promise<ListedRecord | undefined>
  /**
   * Lists a page of records. `cursor` is a `nextCursor` for the same filter; any other throws
   * `InvalidCursor`.
   */
  list(filter: LedgerFilter, limit: number, cursor?: string): Promise<LedgerPage>
}
