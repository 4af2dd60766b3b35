import type { RetryMessage } from '../../relay/model/queue-messages.ts'

/**
 * The longest delay of a message: 15 minutes.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const MAX_DELAY_SECONDS = 900

/**
 * What to do with a retry. `hop`: it is not due yet, and is sent again with `delaySeconds`, as
 * `SqsQueue.sendRetries` does.
 */
export type RetryStep =
  | { readonly kind: 'due' }
  | { readonly kind: 'hop'; readonly delaySeconds: number }

/**
 * Whether the ledger's due index holds a retry instead of a message, because it is due later than a
 * message can be. Ledger and queue ask this with the same two times of the record, so exactly one
 * of them holds the retry. Milliseconds since the epoch.
 */
export function isHeldByLedger(dueAt: number, decidedAt: number): boolean {
  return dueAt - decidedAt > MAX_DELAY_SECONDS * 1_000
}

/** What to do with a retry message that was received now. `now`: milliseconds since the epoch. */
export function retryStep({ dueAt }: RetryMessage, now: number): RetryStep {
  return dueAt <= now ? { kind: 'due' } : { kind: 'hop', delaySeconds: delaySeconds(dueAt, now) }
}

/**
 * The delay of a message that is sent now, in seconds. It is rounded up, since a message before its
 * time would hop.
 */
export function delaySeconds(dueAt: number, now: number): number {
  return Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil((dueAt - now) / 1_000)))
}
