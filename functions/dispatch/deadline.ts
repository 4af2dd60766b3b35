import type { RemainingTime } from '../shared/call-time.ts'

/** The end of the work in an invocation, which comes before Lambda's own. */
export interface Deadline {
  /** Whether there is time for a try, of which the longest takes about this time. */
  allowsStart(): boolean
  /** Resolves with the work's result. Rejects when the invocation has to end first. */
  limit<T>(work: Promise<T>): Promise<T>
  clear(): void
}

const MIN_START_MS = 20_000

/** The time to record a try and to answer. */
export const AFTER_TRY_MS = 5_000

/** The time to answer. After Lambda's own end the whole batch would be delivered again. */
const MARGIN_MS = 2_000

/**
 * The error for work that had not ended when the invocation had to end. It may be done completely,
 * partly or not at all.
 */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime'
}

/** Makes the deadline of one invocation. Call `clear` at its end. */
export function createDeadline(context: RemainingTime): Deadline {
  const { promise: over, reject } = Promise.withResolvers<never>()
  over.catch(() => undefined)
  const timer = setTimeout(
    () => reject(new OutOfTime('the invocation ends before the message is dispatched')),
    Math.max(context.getRemainingTimeInMillis() - MARGIN_MS, 0),
  )
  return {
    allowsStart: () => context.getRemainingTimeInMillis() >= MIN_START_MS,
    limit: (work) => Promise.race([work, over]),
    clear: () => clearTimeout(timer),
  }
}
