import { MAX_RETRY_AFTER_MS, parseRetryAfterMs } from '../../model/retry.ts'
import { type TimedAnswer as Answer, answeredAt } from './answer-time.ts'

/**
 * When a rate limit ends, by services that send no `Retry-After`:
 * `x-ratelimit-reset` https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 * `ratelimit-reset` https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/
 * `x-ratelimit-reset-after` https://docs.discord.com/developers/topics/rate-limits#header-format
 * `x-ogw-ratelimit-reset` https://open.larksuite.com/document/server-docs/api-call-guide/frequency-control
 */
const RESET_HEADERS = [
  'x-ratelimit-reset-after',
  'x-ratelimit-reset',
  'ratelimit-reset',
  'x-rate-limit-reset',
  'x-ogw-ratelimit-reset',
] as const

const REMAINING_HEADERS = [
  'x-ratelimit-remaining',
  'ratelimit-remaining',
  'x-rate-limit-remaining',
] as const

/** Whether the answer says that nothing is left of a rate limit, or how long to wait. */
export function saysRateLimited({ headers }: Answer): boolean {
  return headers['retry-after'] !== undefined || firstOf(headers, REMAINING_HEADERS) === '0'
}

/**
 * How long the destination wants to be left alone, by its `Retry-After`: 0 ms to an hour. A date
 * counts from the answer's own `Date`, so that clocks that differ do no harm.
 */
export function retryAfterMs(answer: Answer): number | undefined {
  return parseRetryAfterMs(answer.headers['retry-after'], answeredAt(answer))
}

/**
 * How long until the rate limit that refused a request ends, in the same bounds. Undefined when the
 * answer does not say, or tells of another limit, of which something is left.
 */
export function rateLimitWaitMs(answer: Answer): number | undefined {
  const told = retryAfterMs(answer)
  if (told !== undefined) return told
  const { headers } = answer
  if (/^[1-9]\d*$/.test(firstOf(headers, REMAINING_HEADERS) ?? '')) return undefined
  const text = firstOf(headers, RESET_HEADERS)
  return text === undefined ? undefined : untilReset(text, answeredAt(answer))
}

function firstOf(headers: Answer['headers'], names: readonly string[]): string | undefined {
  return names.map((name) => headers[name]).find((value) => value !== undefined)
}

const NUMBER = /^\d{1,15}(?:\.\d{1,9})?$/

/** From September 2001 on; no limit lasts for as many seconds. */
const LEAST_EPOCH_S = 1_000_000_000
/** From March 1973 on; as seconds that is the year 5138. */
const LEAST_EPOCH_MS = 100_000_000_000

/** A time in seconds or, by Rocket.Chat, in milliseconds since the epoch; else seconds from now. */
function untilReset(text: string, nowMs: number): number | undefined {
  const number = NUMBER.test(text.trim()) ? Number(text) : Number.NaN
  if (Number.isNaN(number)) return undefined
  return Math.min(Math.max(Math.ceil(resetDelayMs(number, nowMs)), 0), MAX_RETRY_AFTER_MS)
}

function resetDelayMs(number: number, nowMs: number): number {
  if (number >= LEAST_EPOCH_MS) return number - nowMs
  return number >= LEAST_EPOCH_S ? number * 1_000 - nowMs : number * 1_000
}
