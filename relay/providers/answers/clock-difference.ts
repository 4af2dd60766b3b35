import { parseHttpDate } from '../../model/retry.ts'
import type { Verdict } from '../verdict.ts'
import type { TimedAnswer } from './answer-time.ts'

/** The least difference that can make a service refuse a signature, in milliseconds. */
const LEAST_MS = 30_000

/**
 * The verdict on an answer to what was signed with the time of this host. A refused credential is tried
 * again while the clocks of host and service differ: it is taken once the clock is right, and until
 * then nobody can tell whether the credential is wrong too.
 */
export function judgeSigned<V extends Verdict>(
  verdict: V,
  answer: TimedAnswer,
): V | Extract<Verdict, { readonly kind: 'retry' }> {
  if (verdict.kind !== 'unauthorized') return verdict
  const difference = answer.receivedAt - (parseHttpDate(answer.headers.date) ?? answer.receivedAt)
  if (Math.abs(difference) < LEAST_MS) return verdict
  const seconds = Math.round(Math.abs(difference) / 1_000)
  const place = difference > 0 ? 'ahead of' : 'behind'
  const reason = `${verdict.reason}: the clock of this host is ${seconds} s ${place} that of the service, which refuses signatures of another time; set it`
  return { kind: 'retry', reason, applied: 'no' }
}
