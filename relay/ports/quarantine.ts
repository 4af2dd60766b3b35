/** The queue that a message was set aside from. */
export type MessageKind = 'event' | 'retry'

/** Why a message is set aside. */
export interface SetAsideReason {
  /** The cause, as people read it. */
  readonly cause: string
  /** How often the message was rejected because of itself; 0 for a message that cannot be read. */
  readonly rejections: number
  /** When it was first rejected, in milliseconds since the epoch. */
  readonly firstAt: number
}

/** A message that was set aside, as a list shows it. Times are milliseconds since the epoch. */
export interface SetAsideMessage extends SetAsideReason {
  /** A number in decimal digits. A message that was set aside later has a larger one. */
  readonly id: string
  readonly kind: MessageKind
  /** The cluster; absent when the message cannot be read. */
  readonly cluster?: string
  /** The id of the delivery, for a retry message. */
  readonly deliveryId?: string
  readonly lastAt: number
  /** The size of its body, in UTF-8 bytes. */
  readonly bytes: number
}

export interface SetAsidePage {
  /** The messages in the order in which they were set aside. */
  readonly messages: readonly SetAsideMessage[]
  /** The `id` after which the next page begins; absent on the last page. */
  readonly nextCursor?: string
}

/** How many messages there are of each kind. */
export type MessageCounts = Readonly<Record<MessageKind, number>>

/**
 * The messages that were set aside with their causes, so that the other messages of their objects
 * are dispatched.
 */
export interface Quarantine {
  /** Lists a page of messages. `after` is the `nextCursor` of the page before it. */
  list(limit: number, after?: string): Promise<SetAsidePage>
  /**
   * Puts all messages back into their queues, each behind those that its object has there. Resolves
   * with the numbers of those that are in a queue again.
   */
  replay(): Promise<MessageCounts>
}
