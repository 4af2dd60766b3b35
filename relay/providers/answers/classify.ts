import type { HttpResponse, TransportFailure } from '../../ports/http.ts'
import type { Failure, Verdict } from '../verdict.ts'
import { rateLimitWaitMs, retryAfterMs, saysRateLimited } from './rate-limit.ts'

/** Judges an answer by its status only: RFC 9110, and RFC 6585 for 429. */
export function classifyStatus(response: HttpResponse): Verdict {
  const { status } = response
  const reason = `HTTP ${status}`

  if (status >= 200 && status < 300) return { kind: 'delivered' }
  if (status === 429) return { kind: 'retry', reason, applied: 'no', ...limitWait(response) }
  if (status === 408 || status === 425) {
    return { kind: 'retry', reason, applied: 'no', ...wait(retryAfterMs(response)) }
  }
  if (status >= 500) {
    return { kind: 'retry', reason, applied: 'unknown', ...wait(retryAfterMs(response)) }
  }
  // GitHub and others answer 403 when a rate limit is used up.
  if (status === 403 && saysRateLimited(response)) {
    const limited = `${reason}, rate limited`
    return { kind: 'retry', reason: limited, applied: 'no', ...limitWait(response) }
  }
  if (status === 401 || status === 403) return { kind: 'unauthorized', reason }
  if (status === 410) return { kind: 'rejected', reason: `${reason}: the address is gone` }
  if (status >= 300 && status < 400) {
    return {
      kind: 'rejected',
      reason: `${reason}: the destination redirects, which is not followed`,
    }
  }
  return { kind: 'rejected', reason }
}

/** The wait of a verdict `retry` for an answer that refuses for now: what it asks for, if it does. */
export function limitWait(response: HttpResponse): { readonly retryAfterMs?: number } {
  return wait(rateLimitWaitMs(response))
}

function wait(waitMs: number | undefined) {
  return waitMs === undefined ? {} : { retryAfterMs: waitMs }
}

/** The failure of a request that only asks. Nothing was applied at the destination. */
export function notApplied(failure: Failure): Failure {
  return failure.kind === 'retry' ? { ...failure, applied: 'no' } : failure
}

/**
 * A request that could not be sent because the relay itself is at a limit. It is no answer of the destination, so it
 * counts as no try: the message comes again.
 */
export class HostAtLimit extends Error {
  override readonly name = 'HostAtLimit'
}

/** Judges a request that got no answer. Throws `HostAtLimit` where that is not for the destination. */
export function classifyFailure(failure: TransportFailure): Failure {
  if (failure.cause === 'host') {
    throw new HostAtLimit(`the relay has too many files open: ${failure.detail}`)
  }
  const reason = `${failure.cause}: ${failure.detail}`
  if (failure.cause === 'address-refused' || failure.cause === 'invalid-request') {
    return { kind: 'rejected', reason }
  }
  return { kind: 'retry', reason, applied: failure.mayHaveArrived ? 'in-flight' : 'no' }
}
