import { parseDurationMs } from './duration.ts'

/** The default, which is notification-controller's. */
export const DEFAULT_RATE_LIMIT_INTERVAL = '5m'

/** The longest interval. An object is remembered for little longer than this. */
const MAX_INTERVAL_MS = 24 * 3_600_000

export const RATE_LIMIT_INTERVAL_FORM = 'a time such as 5m, at most 24h, or 0 to send every repeat'

/**
 * The milliseconds of a rate limit interval, within which a repeat is suppressed. It is a Go
 * duration from 0 to 24 hours; undefined for any other text.
 */
export function parseRateLimitIntervalMs(text: string): number | undefined {
  const ms = text === '0' ? 0 : parseDurationMs(text)
  return ms !== undefined && ms <= MAX_INTERVAL_MS ? ms : undefined
}
