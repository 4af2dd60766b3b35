import type { EventOrder } from '../model/delivery.ts'

/** Where a Delivery stands among those that wait for its destination. */
export interface PlaceInLine {
  readonly order: EventOrder
  readonly id: string
}

/** A Delivery whose record waits for its destination. */
export interface WaitingDelivery extends PlaceInLine {
  /** Its record's, by which a message of it is stale. */
  readonly attempt: number
}

/** Finds what waits for a destination, in a store that one process has for itself. */
export interface WaitingLines {
  /** The keys of the destinations for which something waits. */
  destinations(): Promise<readonly string[]>
  /** The first of those that wait for a destination, after a place if one is given, in their order. */
  page(
    destination: string,
    after: PlaceInLine | undefined,
    limit: number,
  ): Promise<readonly WaitingDelivery[]>
}
