/** How long an invocation may still run; Lambda's context is one. */
export interface RemainingTime {
  getRemainingTimeInMillis(): number
}

/** The end of an invocation, which comes before Lambda's own. */
export interface Deadline {
  /** Whether there is time for a try, the longest of which is about this long. */
  allowsStart(): boolean
  /** The work's result; rejects when the invocation has to end before the work does. */
  limit<T>(work: Promise<T>): Promise<T>
  clear(): void
}

const MIN_START_MS = 20_000

/** What recording a try and answering take. */
const AFTER_TRY_MS = 5_000

/** The time of the call that runs now: those of one container follow each other. */
export interface CallTime {
  begin(context: RemainingTime): void
  /** Milliseconds that a try may take which begins now. */
  timeLeftMs(): number
}

/** Before the first call there is no end. */
export function createCallTime(): CallTime {
  let current: RemainingTime | undefined
  return {
    begin(context) {
      current = context
    },
    timeLeftMs: () =>
      (current?.getRemainingTimeInMillis() ?? Number.POSITIVE_INFINITY) - AFTER_TRY_MS,
  }
}

/** What answering takes: past Lambda's own end all of the batch would come again. */
const MARGIN_MS = 2_000

/** Work that is not over when the invocation has to end; it may have done all, or nothing. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime'
}

/** The deadline of one invocation. `clear` it when that is over. */
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
