import type { Event, Labels } from './event.ts'
import type { Identity } from './kubernetes.ts'
import type { CountedOutcome, DecidedOutcome, FinalOutcome, Outcome } from './outcomes.ts'

/**
 * The reasons why a Delivery waits. `failed`: a try failed, and the schedule says when the next one
 * is due. `configuration`: an object of the cluster is missing; the next try is made as soon as the
 * configuration changes. `destination`: nothing was tried, because there was no place or the
 * destination is parked. `subject`: another Delivery of the same subject goes first. `replay`: a
 * person asked for it. `rule`: a rule holds it back until its due time, and judges it then.
 */
export const WAIT_REASONS = [
  'failed',
  'configuration',
  'destination',
  'subject',
  'replay',
  'rule',
] as const
export type WaitReason = (typeof WAIT_REASONS)[number]

/** The status before the first decision. The ledger holds no such record. */
export interface Pending {
  readonly kind: 'pending'
}

/** The status of a record that has a next try. */
export interface Waiting {
  readonly kind: 'waiting'
  readonly why: WaitReason
  /** When the next try is due. Milliseconds since the epoch. */
  readonly dueAt: number
  /** The reason, as people read it. */
  readonly reason: string
  /**
   * The key of the destination that wakes the Delivery. Absent when only the due time brings it
   * back.
   */
  readonly destination?: string
  /**
   * The `holdId` of the silence that holds the Delivery back, or did before it began to wait for a configuration: of one
   * that a person made, its id.
   */
  readonly silence?: string
}

/** The status of a record without a next try, unless a person asks for one. */
export interface Final {
  readonly kind: 'final'
  readonly outcome: FinalOutcome
  /** The reason, as people read it. */
  readonly reason: string
  /**
   * Present on a `skipped` Delivery that was ready to be sent, and was not because its cluster is
   * observed.
   */
  readonly observed?: true
  /** Present only when the Delivery is dead, and a person has put it away. */
  readonly dismissal?: Dismissal
}

/** Who put a dead Delivery away, when and why. */
export interface Dismissal {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The name of an operator, or the ARN of a caller on AWS. Absent when nobody knows. */
  readonly by?: string
  /** What the person wrote about it. */
  readonly comment?: string
}

export type Status = Pending | Waiting | Final

/** The status of a record in the ledger. */
export type Decided = Waiting | Final

/**
 * The place of an event among those of its cluster, as text that sorts in their order: the order
 * time, and then the accept sequence.
 */
export type EventOrder = string

/** One try, as the ledger keeps it. Every text in it is redacted. */
export interface Attempt {
  /** The serial of the try. */
  readonly attempt: number
  /** When the try began, in milliseconds since the epoch. */
  readonly startedAt: number
  readonly durationMs: number
  readonly outcome: DecidedOutcome
  readonly reason: string
  /** HTTP status of the last answer, when there was one. */
  readonly status?: number
  /** The beginning of the last answer's body. */
  readonly responseExcerpt?: string
}

/** Who asked for a replay, and when. */
export interface AskedReplay {
  /** The time as `replayedAt` has it, in milliseconds since the epoch. */
  readonly at: number
  /** The name of an operator, the ARN of a caller on AWS, or the widget that was used. */
  readonly by: string
}

/** A test of a Provider that a person asked for. */
export interface ProviderTest {
  /** The name of an operator, or the ARN of a caller on AWS. Absent when nobody knows. */
  readonly by?: string
}

/** What every record of the ledger tells about its event, and about what became of it. */
interface RecordOf<S extends Status> {
  readonly id: string
  readonly cluster: string
  readonly eventId: string
  readonly order: EventOrder
  readonly event: Event
  readonly objectLabels?: Labels
  readonly acceptedAt: number
  readonly status: S
  /**
   * What people should know in addition to the outcome: metadata conflicts, texts that were cut.
   */
  readonly notes: readonly string[]
  /**
   * The serial of the next try while the record waits, and of the last try otherwise; the first is
   * 1. A retry message with another serial is stale. Serials are also used up without a try: see
   * `tries`.
   */
  readonly attempt: number
  /** How many tries were made, including those of earlier chains. */
  readonly tries: number
  /**
   * When the current chain of tries began, in milliseconds since the epoch. A replay begins a new
   * chain.
   */
  readonly chainStartedAt: number
  /** How many tries of the current chain failed. It determines the delay. */
  readonly failures: number
  /** The latest tries, the oldest first. */
  readonly attempts: readonly Attempt[]
  /** The times at which a person asked for a replay, in milliseconds since the epoch. */
  readonly replayedAt: readonly number[]
  /** Who asked for these replays, as far as it is known. Absent when it is known of none. */
  readonly replayedBy?: readonly AskedReplay[]
  /**
   * The revision of the configuration that decided, in short. Absent without a configuration, and in what
   * was decided before records had it.
   */
  readonly revision?: string
  readonly createdAt: number
  readonly updatedAt: number
}

/** The record of an event that reached no Alert. */
export interface EventRecord<S extends Status = Decided> extends RecordOf<S> {
  readonly kind: 'event'
}

/** The Provider of a Delivery, as its record names it. */
export type ProviderIdentity = Identity & { readonly type: string }

/** What a Delivery reminds of: a failure that lasts. */
export interface Reminder {
  /** The Delivery that told of the failure. */
  readonly of: string
  /** The first reminder is 1. */
  readonly number: number
  /** When the failure began, in milliseconds since the epoch. */
  readonly since: number
}

/** The record of one event and one Alert. */
export interface DeliveryRecord<S extends Status = Decided> extends RecordOf<S> {
  readonly kind: 'delivery'
  readonly alert: Identity
  /** The Provider; absent while the one that the Alert names is missing. */
  readonly provider?: ProviderIdentity
  /** How many of the delivery's requests are done, for types that send several. */
  readonly requestsDone: number
  /** The key of the State item of the delivery's subject. */
  readonly subjectStateKey?: string
  /** How many repeats this record stands for. Each repeat of an unchanged status adds one. */
  readonly repeats: number
  /**
   * The id of the Delivery in whose message this one is told together with others; its own id when it sends
   * that message.
   */
  readonly toldIn?: string
  /**
   * For how long rules held it back before its chain of tries, in milliseconds. Absent when none did. No two
   * times of the record tell that: the clock may have been set between them.
   */
  readonly heldMs?: number
  /** Present when no cluster reported the event: the relay made it up to test the Provider. */
  readonly test?: ProviderTest
  /** Present when it tells again of a failure that lasts. */
  readonly reminder?: Reminder
}

/** A record of the ledger. */
export type LedgerRecord<S extends Status = Decided> = EventRecord<S> | DeliveryRecord<S>

/** The outcome of a decided record, whatever a person has done with it since. */
export function decidedOutcomeOf({ status }: Pick<LedgerRecord, 'status'>): DecidedOutcome {
  return status.kind === 'waiting' ? 'retry' : status.outcome
}

/** Whether a record is of a reminder: a further Delivery of the event of a failure that lasts. */
export function isReminder(record: LedgerRecord): boolean {
  return record.kind === 'delivery' && record.reminder !== undefined
}

/** Whether a Delivery would have been sent if its cluster were not observed. */
export function isObserved({ status }: Pick<LedgerRecord, 'status'>): boolean {
  return status.kind === 'final' && status.observed === true
}

/** Whether a Delivery waits because a rule holds it back. Nothing has failed then. */
export function isHeld<R extends Pick<LedgerRecord<Status>, 'status'>>(
  record: R,
): record is R & { readonly status: Waiting } {
  return record.status.kind === 'waiting' && record.status.why === 'rule'
}

/** What a decision is counted as: its outcome, or what says more of it. */
export function countedAs(record: Pick<LedgerRecord, 'status'>): CountedOutcome {
  if (isHeld(record)) return 'held'
  return isObserved(record) ? 'observed' : decidedOutcomeOf(record)
}

/**
 * The outcome of a decided record, as people see it. A test that was not delivered is `failed`, so that
 * it is not among the dead deliveries, which somebody has to look after.
 */
export function outcomeOf(record: Testable & Pick<LedgerRecord, 'status'>): Outcome {
  const { status } = record
  if (status.kind === 'final' && status.outcome !== 'delivered' && isTest(record)) return 'failed'
  return status.kind === 'final' && status.dismissal ? 'dismissed' : countedAs(record)
}

type Testable = Pick<LedgerRecord, 'kind'> & Pick<DeliveryRecord, 'test'>

/** Whether a record is that of a test of a Provider, whose event no cluster reported. */
export function isTest({ test }: Testable): boolean {
  return test !== undefined
}

/** The Alert and the Provider of a record, as far as its event reached them. */
export function reachedBy(
  record: LedgerRecord,
): Pick<Partial<DeliveryRecord>, 'alert' | 'provider'> {
  if (record.kind === 'event') return {}
  const { alert, provider } = record
  return { alert, ...(provider && { provider }) }
}

/**
 * A record of the ledger that cannot be read, because a later version wrote it or it is damaged.
 * Its fields are what the store holds beside the record.
 */
export interface UnreadableRecord {
  readonly kind: 'unreadable'
  readonly id: string
  readonly cluster: string
  /** The object, as `Kind/namespace/name`. */
  readonly object: string
  readonly outcome: Outcome
  /** The Alert, as `namespace/name`. */
  readonly alert?: string
  /** The Provider, as `namespace/name`. */
  readonly provider?: string
  readonly acceptedAt: number
  /** The reason why the record cannot be read, as people read it. */
  readonly reason: string
}

/** An entry in a list of the ledger. A record that cannot be read has an entry that says so. */
export type ListedRecord = LedgerRecord | UnreadableRecord
