import type { Event, Labels } from './event.ts'
import type { Identity } from './kubernetes.ts'

/**
 * How a Delivery ended. `skipped`: a rule says no. `suppressed`: a repeat, or superseded. `dead`:
 * given up; the record then is the dead letter.
 */
export const FINAL_OUTCOMES = ['delivered', 'suppressed', 'skipped', 'dead'] as const
export type FinalOutcome = (typeof FINAL_OUTCOMES)[number]

/** How people name what became of a Delivery; `retry` is one that waits. */
export const OUTCOMES = [...FINAL_OUTCOMES, 'retry'] as const
export type Outcome = (typeof OUTCOMES)[number]

/**
 * Why a Delivery waits. `failed`: a try failed, and the schedule says when the next one is due.
 * `configuration`: an object of the cluster is missing, and it is tried as soon as these change.
 * `destination`: nothing was tried, for want of a place or because the destination is parked.
 * `subject`: another Delivery of the same subject is on its way. `replay`: a person asked.
 */
export const WAIT_REASONS = ['failed', 'configuration', 'destination', 'subject', 'replay'] as const
export type WaitReason = (typeof WAIT_REASONS)[number]

/** Nothing was decided yet. The ledger holds no such record. */
export interface Pending {
  readonly kind: 'pending'
}

/** There is a next try. */
export interface Waiting {
  readonly kind: 'waiting'
  readonly why: WaitReason
  /** When the next try is due. Milliseconds since the epoch. */
  readonly dueAt: number
  /** For a person. */
  readonly reason: string
  /** The key of the destination that wakes it. Absent when the due time alone brings it back. */
  readonly destination?: string
}

/** There is no next try, unless a person asks for one. */
export interface Final {
  readonly kind: 'final'
  readonly outcome: FinalOutcome
  /** For a person. */
  readonly reason: string
}

export type Status = Pending | Waiting | Final

/** How a record of the ledger stands. */
export type Decided = Waiting | Final

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
  /**
   * Handed out for the first time, and no event of its id was accepted before: so nothing is recorded of
   * it. Absent where the queue does not know.
   */
  readonly isNew?: true
  /**
   * Handed out for the first time, and not right after another event of its object: what is recorded of it,
   * if it was accepted before, was recorded a while ago. Absent where the queue does not know.
   */
  readonly isFirst?: true
}

/** A message that a Delivery is due for its next try. */
export interface RetryMessage {
  readonly deliveryId: string
  /** Stale, and dropped, when it is no longer the ledger's. */
  readonly attempt: number
  /** Milliseconds since the epoch. */
  readonly dueAt: number
  /** Whose share of the capacity it takes; absent in messages of before, which have their own. */
  readonly cluster?: string
  /**
   * When its record was written with this `dueAt`, in milliseconds since the epoch; absent where none was.
   * A host whose ledger finds by itself what is due long after that needs no message.
   */
  readonly decidedAt?: number
}

/** One try, as the ledger keeps it. Every text in it is redacted. */
export interface Attempt {
  /** The serial that the record had. */
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

/** What every record of the ledger tells of its event and of what became of it. */
interface RecordOf<S extends Status> {
  readonly id: string
  readonly cluster: string
  readonly eventId: string
  readonly order: EventOrder
  readonly event: Event
  readonly objectLabels?: Labels
  readonly acceptedAt: number
  readonly status: S
  /** What a person should know beside the outcome: metadata conflicts, cut texts. */
  readonly notes: readonly string[]
  /**
   * The serial of the next try while the record waits, else of the last one; the first is 1. A retry
   * message of another serial is stale. It counts what was never tried too: see `tries`.
   */
  readonly attempt: number
  /** How many tries were made, those of earlier chains included. */
  readonly tries: number
  /** When the current chain of tries began; a replay begins a new one. */
  readonly chainStartedAt: number
  /** How often the current chain came to nothing; it chooses the delay. */
  readonly failures: number
  /** The latest tries, oldest first. */
  readonly attempts: readonly Attempt[]
  /** Times at which a person asked for a replay. */
  readonly replayedAt: readonly number[]
  readonly createdAt: number
  readonly updatedAt: number
}

/** The record of an event that reached no Alert. */
export interface EventRecord<S extends Status = Decided> extends RecordOf<S> {
  readonly kind: 'event'
}

/** The Provider of a Delivery, as its record names it. */
export type ProviderIdentity = Identity & { readonly type: string }

/** The record of one event and one Alert. */
export interface DeliveryRecord<S extends Status = Decided> extends RecordOf<S> {
  readonly kind: 'delivery'
  readonly alert: Identity
  /** Absent while the Alert's Provider is missing. */
  readonly provider?: ProviderIdentity
  /** How many of the delivery's requests are done, for types that send several. */
  readonly requestsDone: number
  /** The State item of what this delivery would replace at its destination. */
  readonly subjectStateKey?: string
  /** How many repeats this record stands for (an unchanged status counts up). */
  readonly repeats: number
}

/** What the ledger holds. */
export type LedgerRecord<S extends Status = Decided> = EventRecord<S> | DeliveryRecord<S>

/** The outcome of a decided record, as people name it. */
export function outcomeOf({ status }: Pick<LedgerRecord, 'status'>): Outcome {
  return status.kind === 'waiting' ? 'retry' : status.outcome
}

/** The Alert and the Provider of a record, as far as its event came. */
export function reachedBy(
  record: LedgerRecord,
): Pick<Partial<DeliveryRecord>, 'alert' | 'provider'> {
  if (record.kind === 'event') return {}
  const { alert, provider } = record
  return { alert, ...(provider && { provider }) }
}

/**
 * A row of the ledger whose record cannot be read: a later version wrote it, or it is damaged. What it
 * shows is what the store holds beside the record.
 */
export interface UnreadableRecord {
  readonly kind: 'unreadable'
  readonly id: string
  readonly cluster: string
  /** `Kind/namespace/name`. */
  readonly object: string
  readonly outcome: Outcome
  /** `namespace/name`. */
  readonly alert?: string
  readonly acceptedAt: number
  /** Why it cannot be read, for a person. */
  readonly reason: string
}

/** What a list of the ledger shows: an unreadable record is one row that says so. */
export type ListedRecord = LedgerRecord | UnreadableRecord
