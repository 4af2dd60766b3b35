import type { LedgerRecord, Status } from '../model/delivery.ts'

/**
 * Bounds of one try in addition to the Provider's timeout, in milliseconds. A host sets them when a
 * try that hangs takes the place of others, or when the host itself ends after a time.
 */
export interface TryLimits {
  /** The bound of a delivery's first try. */
  readonly firstTryMs?: number
  /** The bound of its later tries. */
  readonly laterTryMs?: number
  /** The time until the host ends, less what it takes to record the try. */
  readonly timeLeftMs?: () => number
}

/** How long one try may take. */
export interface TryTime {
  /** The bound; infinite when only the Provider bounds the try. */
  readonly timeoutMs: number
  /** Where the bound comes from. The reason of a try that took all of its time says so. */
  readonly boundBy: string
}

/**
 * The time of a try that has none left. It is made all the same, and fails: so it is recorded, and
 * the next one is scheduled.
 */
const SHORTEST_TRY_MS = 1_000

/** The time that the host gives to a try of this record that begins now. */
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
  return { timeoutMs: left, boundBy: 'all the time that was left of this call' }
}

/** What is left of a try's time after `usedMs` milliseconds of it. */
export function restOf(time: TryTime, usedMs: number): TryTime {
  return { ...time, timeoutMs: Math.max(time.timeoutMs - usedMs, SHORTEST_TRY_MS) }
}
