import type { LedgerRecord } from '../model/delivery.ts'

/** A change of the ledger: the record as it stands since then. */
export interface DeliveryChange {
  /** Where the change stands among those of the feed: an opaque text without white space. */
  readonly position: string
  readonly record: LedgerRecord
}

/**
 * Why a feed ends for its readers. `stopping`: the relay stops. `tokens-changed`: whoever may read has to be
 * asked anew. `failed`: the reader itself threw.
 */
export type FeedEnd = 'stopping' | 'tokens-changed' | 'failed'

/** Who reads a feed. Its methods are called while the relay works, so they have to be quick. */
export interface FeedReader {
  /** Whether the reader is told of changes of this record. */
  wants(record: LedgerRecord): boolean
  changed(change: DeliveryChange): void
  /** Called once, when the feed ends without the reader's asking. */
  ended(reason: FeedEnd): void
}

export interface FeedSubscription {
  /** The position of the latest change, of which the reader was told if it wants the record. */
  position(): string
  /** Ends the subscription. It may be called more than once. */
  end(): void
}

/** Tells readers of each record of the ledger that was written, after it was stored. */
export interface DeliveryFeed {
  /** Adds a reader. Undefined when there are already as many as the feed may have, and when the relay stops. */
  subscribe(reader: FeedReader): FeedSubscription | undefined
  /**
   * The ids of the records that changed after a position, each once. Undefined when the feed does not know
   * all of them any more, or the text is none of its positions.
   */
  changedSince(position: string): readonly string[] | undefined
}
