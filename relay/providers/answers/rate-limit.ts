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

/** Whether the answer says that a rate limit is used up, or how long to wait. */
export function saysRateLimited({ headers }: Answer): boolean {
  return headers['retry-after'] !== undefined || firstOf(headers, REMAINING_HEADERS) === '0'
}

/**
 * How long the destination asks to be left alone with `Retry-After`: 0 ms to an hour. A date counts
 * from the answer's own `Date`, so clocks may differ.
 */
export function retryAfterMs(answer: Answer): number | undefined {
  return parseRetryAfterMs(answer.headers['retry-after'], answeredAt(answer))
}

/**
 * How long until the rate limit that refused a request ends, within the same bounds. Undefined when
 * the answer does not tell, or is about another limit that is not used up.
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

/**
 * The least number that is a time in seconds: September 2001. No limit lasts for as many seconds.
 */
const LEAST_EPOCH_S = 1_000_000_000
/**
 * The least number that is a time in milliseconds: March 1973. As seconds it would be the year
 * 5138.
 */
const LEAST_EPOCH_MS = 100_000_000_000

/**
 * The milliseconds until a time. The text is a time in seconds since the epoch, in milliseconds for
 * Rocket.Chat, or a number of seconds from now.
 */
function untilReset(text: string, nowMs: number): number | undefined {
  const number = NUMBER.test(text.trim()) ? Number(text) : Number.NaN
  if (Number.isNaN(number)) return undefined
  return Math.min(Math.max(Math.ceil(resetDelayMs(number, nowMs)), 0), MAX_RETRY_AFTER_MS)
}

function resetDelayMs(number: number, nowMs: number): number {
  if (number >= LEAST_EPOCH_MS) return number - nowMs
  return number >= LEAST_EPOCH_S ? number * 1_000 - nowMs : number * 1_000
}
