import type { Event, Labels } from './event.ts'

/** An accepted event: cleaned, with an id, and sent to the queue. */
export interface AcceptedEvent {
  /** The SHA-256 of the cluster and the cleaned event. It is the queue's de-duplication id. */
  readonly id: string
  readonly cluster: string
  /**
   * The FIFO group, a hash of cluster and involved object. Events of one group are dispatched in
   * order.
   */
  readonly group: string
  readonly event: Event
  /** The labels of the involved object, if the sender knows them. */
  readonly objectLabels: Labels | undefined
  /** The accept time, in milliseconds since the epoch. */
  readonly acceptedAt: number
  /**
   * The time by which the event is ordered among those of its cluster, in milliseconds since the
   * epoch. Absent in events that earlier versions queued. Those are ordered by the event time or
   * the accept time, whichever is earlier.
   */
  readonly orderTime?: number
}

/** An accepted event as the queue hands it out. */
export interface QueuedEvent extends AcceptedEvent {
  /** The number by which the queue orders events of one order time, in decimal digits. */
  readonly sequence: string
  /**
   * True when the event is received for the first time, and no event with its id was accepted
   * before: so it has no records. Absent when the queue does not know.
   */
  readonly isNew?: true
  /**
   * True when the event is received for the first time, and not right after another event of its
   * object. If it was accepted before, its records were written a while ago. Absent when the queue
   * does not know.
   */
  readonly isFirst?: true
}

/** A message which says that a Delivery is due for its next try. */
export interface RetryMessage {
  readonly deliveryId: string
  /**
   * The serial of the try. The message is stale, and dropped, when the ledger has another serial.
   */
  readonly attempt: number
  /** When the try is due, in milliseconds since the epoch. */
  readonly dueAt: number
  /**
   * The cluster whose share of the capacity the message takes. Absent in messages of earlier
   * versions, which have a share of their own.
   */
  readonly cluster?: string
  /**
   * When the record with this `dueAt` was written, in milliseconds since the epoch; absent when
   * there was none. A host whose ledger finds due records by itself needs no message long after
   * that time.
   */
  readonly decidedAt?: number
}
