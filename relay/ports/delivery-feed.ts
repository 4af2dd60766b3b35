import type { ListedRecord } from '../model/delivery.ts'

/** A change of the ledger: the record as it stands since then. */
export interface DeliveryChange {
  /** Where the change stands among those of the feed: an opaque text without white space. */
  readonly position: string
  readonly record: ListedRecord
  /** Whether there was no record of its id before. */
  readonly isNew: boolean
}

/**
 * Why a feed ends for its readers. `stopping`: the relay stops. `tokens-changed`: whoever may read has to be
 * asked anew. `failed`: its audience threw.
 */
export type FeedEnd = 'stopping' | 'tokens-changed' | 'failed'

/** What some readers of a feed are told. It is called while the relay works, so it has to be quick. */
export interface FeedAudience {
  /** Whether its readers are told of changes of this record. */
  wants(record: ListedRecord): boolean
  /** Called once for a change, however many readers there are. */
  changed(change: DeliveryChange): void
  /** Called for a change of an earlier record that it does not want, but may have wanted before. */
  unwanted?(change: DeliveryChange): void
}

/** Who reads a feed, with all others of its audience. */
export interface FeedReader {
  readonly audience: FeedAudience
  /** Called once, when the feed ends without the reader's asking. It has to be quick too. */
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
  /** Ends the subscriptions of an audience that failed by itself, as if it had thrown. */
  failed(audience: FeedAudience, error: unknown): void
  /**
   * The ids of the records that changed after a position, each once. Undefined when the feed does not know
   * all of them any more, or the text is none of its positions.
   */
  changedSince(position: string): readonly string[] | undefined
}
