import { parseDurationMs } from './duration.ts'

/** That of notification-controller. */
export const DEFAULT_RATE_LIMIT_INTERVAL = '5m'

/** What is remembered of an object is kept for little longer than this. */
const MAX_INTERVAL_MS = 24 * 3_600_000

export const RATE_LIMIT_INTERVAL_FORM = 'a time such as 5m, at most 24h, or 0 to tell every repeat'

/**
 * How long a repeat is not told again, in milliseconds, of a Go duration: 0 to 24 hours. Undefined
 * for anything else.
 */
export function parseRateLimitIntervalMs(text: string): number | undefined {
  const ms = text === '0' ? 0 : parseDurationMs(text)
  return ms !== undefined && ms <= MAX_INTERVAL_MS ? ms : undefined
}
