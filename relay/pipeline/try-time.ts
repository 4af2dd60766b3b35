import type { LedgerRecord, Status } from '../model/delivery.ts'

/**
 * Bounds of one try, in milliseconds, beside the Provider's timeout: for a host in which a try that
 * hangs takes the place of others, or that ends after a time.
 */
export interface TryLimits {
  /** Of a delivery's first try. */
  readonly firstTryMs?: number
  /** Of those that follow. */
  readonly laterTryMs?: number
  /** What is left until the host ends, with what it takes to record the try taken off. */
  readonly timeLeftMs?: () => number
}

/** How long one try may take. */
export interface TryTime {
  /** Infinite where only the Provider bounds it. */
  readonly timeoutMs: number
  /** Where that comes from, for the reason of a try that took all of it. */
  readonly boundBy: string
}

/** A try that has no time left is made all the same, and fails: it is recorded, and has another one after it. */
const SHORTEST_TRY_MS = 1_000

/** What the host gives a try of this record that begins now. */
export function tryTime(
  { tries }: Pick<LedgerRecord<Status>, 'tries'>,
  { firstTryMs, laterTryMs, timeLeftMs }: TryLimits,
): TryTime {
  const isFirst = tries === 0
  const usual: TryTime = {
    timeoutMs: (isFirst ? firstTryMs : laterTryMs) ?? Number.POSITIVE_INFINITY,
    boundBy: `the longest that a ${isFirst ? 'first' : 'later'} try may take here`,
  }
  const left = Math.max(timeLeftMs?.() ?? Number.POSITIVE_INFINITY, SHORTEST_TRY_MS)
  if (left >= usual.timeoutMs) return usual
  return { timeoutMs: left, boundBy: 'all that was left of the time of this call' }
}

/** What is left of the time of a try after so many milliseconds of it. */
export function restOf(time: TryTime, usedMs: number): TryTime {
  return { ...time, timeoutMs: Math.max(time.timeoutMs - usedMs, SHORTEST_TRY_MS) }
}
