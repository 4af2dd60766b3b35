import { parseHttpDate } from '../../model/retry.ts'
import type { Verdict } from '../verdict.ts'
import type { TimedAnswer } from './answer-time.ts'

/** The least difference that can make a service refuse a signature, unless it tells more. Milliseconds. */
const LEAST_MS = 30_000

/**
 * The verdict on an answer to what was signed with the time of this host. A refused credential is tried
 * again while the clocks of host and service differ: it is taken once the clock is right, and until
 * then nobody can tell whether the credential is wrong too. `leastMs`: the least difference that the service refuses.
 */
export function judgeSigned<V extends Verdict>(
  verdict: V,
  answer: TimedAnswer,
  leastMs: number = LEAST_MS,
): V | Extract<Verdict, { readonly kind: 'retry' }> {
  if (verdict.kind !== 'unauthorized') return verdict
  const difference = answer.receivedAt - (parseHttpDate(answer.headers.date) ?? answer.receivedAt)
  if (Math.abs(difference) < leastMs) return verdict
  const seconds = Math.round(Math.abs(difference) / 1_000)
  const place = difference > 0 ? 'ahead of' : 'behind'
  const reason = `${verdict.reason}: the clock of this host is ${seconds} s ${place} that of the service, which refuses signatures of another time; set it`
  return { kind: 'retry', reason, applied: 'no' }
}
