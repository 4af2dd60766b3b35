/** The delays after the first, second, … failed try. All further tries wait for the last delay. */
const DELAYS_MS = [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000] as const
const LAST_DELAY_MS = 3_600_000

/** How long after its first try a Delivery that still fails is dead. */
export const RETRY_FOR_MS = 24 * 3_600_000

/** The share of a delay that jitter adds or removes at most. */
const JITTER = 0.2

/** The longest wait that a destination may ask for. */
export const MAX_RETRY_AFTER_MS = 3_600_000

/** How long a delivery waits while another one has a claim on the same subject. */
export const CLAIM_CONFLICT_DELAY_MS = 5_000

export interface RetryQuestion {
  /** How many tries have failed, including the last one. */
  readonly failures: number
  readonly chainStartedAt: number
  readonly now: number
  readonly retryAfterMs?: number
  /** A random number in [0, 1). */
  readonly random: number
}

/**
 * When the next try is due, in milliseconds since the epoch; undefined when it is time to give up.
 */
export function nextTryAt(question: RetryQuestion): number | undefined {
  const { chainStartedAt, now, retryAfterMs } = question
  const delayMs = Math.max(scheduledMs(question), retryAfterMs ?? 0)
  const dueAt = now + Math.round(delayMs)
  return isTooLate(dueAt, chainStartedAt) ? undefined : dueAt
}

/**
 * Whether a next try at `dueAt` would come after the chain's 24 hours, so that it is time to give
 * up. Both times are in milliseconds since the epoch.
 */
export function isTooLate(dueAt: number, chainStartedAt: number): boolean {
  return dueAt - chainStartedAt > RETRY_FOR_MS
}

function scheduledMs({ failures, random }: RetryQuestion): number {
  const delayMs = DELAYS_MS[failures - 1] ?? LAST_DELAY_MS
  return delayMs * (1 + JITTER * (2 * random - 1))
}

const SECONDS = /^\d{1,10}$/
/**
 * The start of an HTTP date. The three forms of RFC 9110, section 5.6.7, all begin with the name of
 * a day.
 */
const HTTP_DATE = /^[A-Z][a-z]{2,8},? /

/** The end of the one form that names no zone; all three are of GMT. */
const WITHOUT_ZONE = / \d\d:\d\d:\d\d \d{4}$/

/**
 * The milliseconds of a `Retry-After` header (RFC 9110, section 10.2.3), which is a number of
 * seconds or an HTTP date; at most one hour. Undefined when the header is absent or has another
 * form.
 */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  const date = parseHttpDate(text)
  const waitMs = SECONDS.test(text)
    ? Number(text) * 1_000
    : date === undefined
      ? undefined
      : date - nowMs
  return waitMs === undefined ? undefined : Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS)
}

/** The milliseconds since the epoch of an HTTP date; undefined for any other text. */
export function parseHttpDate(header: string | undefined): number | undefined {
  const text = header?.trim() ?? ''
  if (!HTTP_DATE.test(text)) return undefined
  const time = Date.parse(WITHOUT_ZONE.test(text) ? `${text} GMT` : text)
  return Number.isNaN(time) ? undefined : time
}
