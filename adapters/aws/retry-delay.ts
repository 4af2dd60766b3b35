import type { RetryMessage } from '../../relay/model/delivery.ts'

/**
 * Longest delay of a message: 15 minutes.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const MAX_DELAY_SECONDS = 900

/** `hop`: not due yet, and to be sent again with `delaySeconds`, as `SqsQueue.sendRetries` does. */
export type RetryStep =
  | { readonly kind: 'due' }
  | { readonly kind: 'hop'; readonly delaySeconds: number }

/**
 * Whether the ledger's index of what is due holds a retry in the place of a message: it is due later than
 * a message can be. Both adapters ask this of the same two times, which the record keeps, so exactly
 * one of them holds it. Milliseconds since the epoch.
 */
export function isHeldByLedger(dueAt: number, decidedAt: number): boolean {
  return dueAt - decidedAt > MAX_DELAY_SECONDS * 1_000
}

/** What to do with a retry message that was received now. `now`: milliseconds since the epoch. */
export function retryStep({ dueAt }: RetryMessage, now: number): RetryStep {
  return dueAt <= now ? { kind: 'due' } : { kind: 'hop', delaySeconds: delaySeconds(dueAt, now) }
}

/** The delay with which a message is sent now; rounded up, since before its time it would hop. */
export function delaySeconds(dueAt: number, now: number): number {
  return Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil((dueAt - now) / 1_000)))
}
