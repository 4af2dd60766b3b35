import type { Attempt, DeliveryRecord, Status, WaitReason } from '../model/delivery.ts'
import type { FinalOutcome } from '../model/outcomes.ts'
import type { Provider } from '../model/provider.ts'
import { REMIND_FOR_MS } from './rules/memory-rules.ts'

/** A try failed. The next one is made when the retry schedule or the destination says so. */
interface Tried {
  readonly kind: 'tried'
  readonly reason: string
  readonly retryAfterMs?: number
  readonly sent: RecordedAnswer
}

/**
 * Nothing was tried, because an object of the configuration is missing. The retry schedule says
 * when the next try is due.
 */
interface Unconfigured {
  readonly kind: 'postponed'
  readonly why: 'configuration'
  readonly reason: string
  /** The `holdId` of the silence that held the Delivery back before: whether its failure lasts is asked at the end. */
  readonly silence?: string
  /** Before this time, in milliseconds since the epoch, its 24 hours do not begin. */
  readonly patientUntil?: number
}

/**
 * Nothing was tried, because others go first at the destination or the subject, or because a rule holds the
 * Delivery back.
 */
export interface Postponed {
  readonly kind: 'postponed'
  readonly why: Extract<WaitReason, 'destination' | 'subject' | 'rule'>
  readonly reason: string
  /** Milliseconds since the epoch. */
  readonly until: number
  /**
   * The key of the destination that wakes the Delivery, so that nobody has to look at it at
   * `until`.
   */
  readonly destination?: string
  /** The `holdId` of the silence that holds the Delivery back: of one that a person made, its id. */
  readonly silence?: string
  /** Whether the Delivery is dead once its 24 hours are over. Otherwise this wait never ends it. */
  readonly endsWhenLate: boolean
}

/** The destination shows the same already. One record counts all such repeats. */
interface Unchanged {
  readonly kind: 'unchanged'
  readonly reason: string
  readonly subjectStateKey: string
}

/** There will be no further try. */
interface Ended {
  readonly kind: 'final'
  readonly outcome: FinalOutcome
  readonly reason: string
  /** The last answer; absent when the outcome was decided without a try. */
  readonly sent?: RecordedAnswer
  /** Present when only the mode of its cluster kept the Delivery from being sent. */
  readonly observed?: true
}

/** What the ledger keeps of the last answer to a try; empty when no answer came. */
export type RecordedAnswer = Pick<Attempt, 'status' | 'responseExcerpt'>

/** The result of a decision about an event without an Alert. */
export type EventConclusion = Unconfigured | (Ended & { readonly sent?: never })

/** The result of a decision about a Delivery, before the retry schedule is applied. */
export type Conclusion = (Tried | Unconfigured | Postponed | Unchanged | Ended) & {
  readonly notes?: readonly string[]
  readonly provider?: Provider
  readonly requestsDone?: number
  readonly subjectStateKey?: string
  /** The delivery in whose message this one is told. */
  readonly toldIn?: string
  /** Present when it was sent by itself although it had waited for others. */
  readonly isAlone?: true
}

/**
 * Waits for a Provider, a Secret or the whole configuration, which may come at any time. A reminder waits as
 * long as failures are reminded of: the next one is stored only once this one can be sent.
 */
export function waitFor(
  reason: string,
  waiter?: Pick<DeliveryRecord<Status>, 'status' | 'reminder'>,
): Unconfigured {
  const silence = waiter?.status.kind === 'waiting' ? waiter.status.silence : undefined
  const since = waiter?.reminder?.since
  return {
    ...{ kind: 'postponed', why: 'configuration', reason },
    ...(silence && { silence }),
    ...(since !== undefined && { patientUntil: since + REMIND_FOR_MS }),
  }
}

/** A decision that is final without a try. */
export function end(outcome: FinalOutcome, reason: string) {
  return { kind: 'final', outcome, reason } as const
}
