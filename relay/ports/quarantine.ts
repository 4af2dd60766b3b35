/** Which queue a message was set aside from. */
export type MessageKind = 'event' | 'retry'

/** Why a message is set aside. */
export interface SetAsideReason {
  /** For a person. */
  readonly cause: string
  /** Rejections by a fault of the message's own; 0 for one that cannot be read. */
  readonly rejections: number
  /** When it was first rejected. Milliseconds since the epoch. */
  readonly firstAt: number
}

/** A message that was set aside, as a list shows it. Times are milliseconds since the epoch. */
export interface SetAsideMessage extends SetAsideReason {
  /** A number in decimal; what was set aside later has a larger one. */
  readonly id: string
  readonly kind: MessageKind
  /** Absent when it cannot be read. */
  readonly cluster?: string
  /** The delivery of a retry. */
  readonly deliveryId?: string
  readonly lastAt: number
  /** UTF-8 bytes of its body. */
  readonly bytes: number
}

export interface SetAsidePage {
  /** In the order in which they were set aside. */
  readonly messages: readonly SetAsideMessage[]
  /** The `id` after which the next page begins; absent on the last one. */
  readonly nextCursor?: string
}

/** How many messages there are of each kind. */
export type MessageCounts = Readonly<Record<MessageKind, number>>

/** Messages that were set aside with their cause, so that the rest of their object goes on. */
export interface Quarantine {
  /** `after`: a `nextCursor`. */
  list(limit: number, after?: string): Promise<SetAsidePage>
  /** Puts all back into their queues, each behind what its object has there; with their number. */
  replay(): Promise<MessageCounts>
}
