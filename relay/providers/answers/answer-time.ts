import { parseHttpDate } from '../../model/retry.ts'
import { parseTimeMs } from '../../model/time.ts'
import type { HttpResponse } from '../../ports/http.ts'

export type TimedAnswer = Pick<HttpResponse, 'headers' | 'receivedAt'>

/** By the clock of whoever answered, where that says what it shows. Milliseconds since the epoch. */
export function answeredAt({ headers, receivedAt }: TimedAnswer): number {
  return parseHttpDate(headers.date) ?? receivedAt
}

/** The tokens whose end is told as a time live for an hour: a later end is a wrong clock's. */
const LONGEST_MS = 3_600_000

/**
 * How long a token is valid, whose end an answer tells as an RFC 3339 time; 0 when that cannot be read.
 * The clock that tells the end is asked for the time too, so it may differ from ours by hours.
 */
export function validMs(endsAt: string, answer: TimedAnswer): number {
  const left = (parseTimeMs(endsAt) ?? 0) - answeredAt(answer)
  return Math.min(Math.max(left, 0), LONGEST_MS)
}
