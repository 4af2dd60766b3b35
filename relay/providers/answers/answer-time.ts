import { parseHttpDate } from '../../model/retry.ts'
import { parseTimeMs } from '../../model/time.ts'
import type { HttpResponse } from '../../ports/http.ts'

export type TimedAnswer = Pick<HttpResponse, 'headers' | 'receivedAt'>

/**
 * When the answer was made, by the destination's clock if its answer tells it. Milliseconds since
 * the epoch.
 */
export function answeredAt({ headers, receivedAt }: TimedAnswer): number {
  return parseHttpDate(headers.date) ?? receivedAt
}

/** The longest life of such a token is an hour. A later end comes from a wrong clock. */
const LONGEST_MS = 3_600_000

/**
 * How long a token is valid whose end an answer tells as an RFC 3339 time, in milliseconds; 0 when
 * that cannot be read. The end is compared with the answer's own time, since the service's clock
 * may differ from ours by hours.
 */
export function validMs(endsAt: string, answer: TimedAnswer): number {
  const left = (parseTimeMs(endsAt) ?? 0) - answeredAt(answer)
  return Math.min(Math.max(left, 0), LONGEST_MS)
}
