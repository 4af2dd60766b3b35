import type { Event, Labels } from './event.ts'
import type { Identity } from './kubernetes.ts'

/**
 * How a Delivery stands. `skipped`: a rule says no. `suppressed`: a repeat, or superseded.
 * `dead`: given up; the record then is the dead letter. Only `retry` is not final.
 */
export type Outcome = 'delivered' | 'suppressed' | 'skipped' | 'retry' | 'dead'

/**
 * Where an event stands among those of its cluster, as text that sorts as the events are ordered:
 * the order time, then the accept sequence.
 */
export type EventOrder = string

/** An accepted event: cleaned, named, and given to the queue. */
export interface AcceptedEvent {
  /** SHA-256 of cluster and cleaned event; the queue's de-duplication id. */
  readonly id: string
  readonly cluster: string
  /** Events of one group are dispatched in order: hash of cluster and involved object. */
  readonly group: string
  readonly event: Event
  /** The involved object's labels, when the sender knows them. */
  readonly objectLabels: Labels | undefined
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number
  /**
   * Where it stands in time among the events of its cluster, in milliseconds since the epoch.
   * Absent in what versions before it queued, which order by the earlier of event and accept time.
   */
  readonly orderTime?: number
}

/** An accepted event as the queue hands it out. */
export interface QueuedEvent extends AcceptedEvent {
  /** The queue's own ascending number, in decimal. */
  readonly sequence: string
}

/** A message that a Delivery is due for its next try. */
export interface RetryMessage {
  readonly deliveryId: string
  /** Stale, and dropped, when it is no longer the ledger's. */
  readonly attempt: number
  /** Milliseconds since the epoch. */
  readonly dueAt: number
}

/** One try, as the ledger keeps it. Every text in it is redacted. */
export interface Attempt {
  readonly attempt: number
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly durationMs: number
  readonly outcome: Outcome
  readonly reason: string
  /** HTTP status of the last answer, when there was one. */
  readonly status?: number
  /** The beginning of the last answer's body. */
  readonly responseExcerpt?: string
}

/** The ledger's record of one event and one Alert, or of an event that reached no Alert. */
export interface DeliveryRecord {
  /** Hash of event id and Alert UID (empty for an event that reached no Alert). */
  readonly id: string
  readonly cluster: string
  readonly eventId: string
  readonly order: EventOrder
  readonly event: Event
  readonly objectLabels?: Labels
  readonly acceptedAt: number
  readonly alert?: Identity
  readonly provider?: Identity & { readonly type: string }
  readonly outcome: Outcome
  /** Why, for a person. */
  readonly reason: string
  /** What a person should know beside the outcome: metadata conflicts, cut texts. */
  readonly notes: readonly string[]
  /** Number of the next try while `retry`, else of the last one. The first is 1. */
  readonly attempt: number
  /** When the next try is due, while `retry`. Milliseconds since the epoch. */
  readonly dueAt?: number
  /** Present while nothing but the cluster's objects is missing; tried as soon as these change. */
  readonly waitsFor?: 'configuration'
  /** When the current chain of tries began; a replay begins a new one. */
  readonly chainStartedAt: number
  /** Failed tries of the current chain, which choose the delay. */
  readonly failures: number
  /** How many of the delivery's requests are done, for types that send several. */
  readonly requestsDone: number
  /** The latest tries, oldest first. */
  readonly attempts: readonly Attempt[]
  /** The State item of what this delivery would replace at its destination. */
  readonly subjectStateKey?: string
  /** Times at which a person asked for a replay. */
  readonly replayedAt: readonly number[]
  /** How many repeats this record stands for (an unchanged status counts up). */
  readonly repeats: number
  readonly createdAt: number
  readonly updatedAt: number
}
