import type { EventOrder } from '../model/delivery.ts'

/** The place of a Delivery among those that wait for its destination. */
export interface PlaceInLine {
  readonly order: EventOrder
  readonly id: string
}

/** A Delivery whose record waits for its destination. */
export interface WaitingDelivery extends PlaceInLine {
  /** The serial of the record's next try. A message with another serial is stale. */
  readonly attempt: number
  /** About how many bytes its event has, which are in memory while it is decided about. Absent: hardly any. */
  readonly bytes?: number
}

/** Finds what waits for a destination, in a store that only one process uses. */
export interface WaitingLines {
  /** The keys of the destinations for which deliveries wait. */
  destinations(): Promise<readonly string[]>
  /**
   * The first deliveries that wait for a destination, in their order. With `after` only those
   * behind that place.
   */
  page(
    destination: string,
    after: PlaceInLine | undefined,
    limit: number,
  ): Promise<readonly WaitingDelivery[]>
}

/** Counts what waits for destinations. */
export interface WaitingCounts {
  /** How many deliveries wait for a destination; `most` when there are as many, or more. */
  countWaiting(destination: string, most: number): Promise<number>
}
