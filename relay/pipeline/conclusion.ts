import type { Attempt, FinalOutcome, WaitReason } from '../model/delivery.ts'
import type { Provider } from '../model/provider.ts'

/** A try failed, and will be made again when the schedule says so, or the destination. */
interface Tried {
  readonly kind: 'tried'
  readonly reason: string
  readonly retryAfterMs?: number
  readonly sent: Answer
}

/** Nothing was tried, for want of something in the configuration. The schedule says when next. */
interface Unconfigured {
  readonly kind: 'postponed'
  readonly why: 'configuration'
  readonly reason: string
}

/** Nothing was tried, for want of a turn. */
export interface Postponed {
  readonly kind: 'postponed'
  readonly why: Extract<WaitReason, 'destination' | 'subject'>
  readonly reason: string
  /** Milliseconds since the epoch. */
  readonly until: number
  /** The key of the destination that wakes it, so that nobody need look at it `until` then. */
  readonly destination?: string
  /** Whether the Delivery is dead once its 24 hours are over. Else this wait ends none. */
  readonly endsWhenLate: boolean
}

/** The destination shows the same already: one record counts all such repeats. */
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
  /** Absent when it was decided without a try. */
  readonly sent?: Answer
}

/** What the ledger keeps of the last answer to a try; nothing when none came. */
export type Answer = Pick<Attempt, 'status' | 'responseExcerpt'>

/** What a decision about an event without an Alert comes to. */
export type EventConclusion = Unconfigured | (Ended & { readonly sent?: never })

/** What a decision about a Delivery comes to, before the retry schedule has its say. */
export type Conclusion = (Tried | Unconfigured | Postponed | Unchanged | Ended) & {
  readonly notes?: readonly string[]
  readonly provider?: Provider
  readonly requestsDone?: number
  readonly subjectStateKey?: string
}

/** A Provider, a Secret or all of the configuration is missing: it may come at any time. */
export function waitFor(reason: string): Unconfigured {
  return { kind: 'postponed', why: 'configuration', reason }
}

/** A decision that needs no try. */
export function end(outcome: FinalOutcome, reason: string) {
  return { kind: 'final', outcome, reason } as const
}
