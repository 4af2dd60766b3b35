import type { ZodType } from 'zod'
import { MAX_RETRY_AFTER_MS } from '../../model/retry.ts'
import type { HttpResponse } from '../../ports/http.ts'
import type { Verdict } from '../verdict.ts'
import { parseJsonAnswer } from './json-answer.ts'
import { classifyServiceAnswer } from './service-answer.ts'

/**
 * Judges the answer of a service that tells in the body how long to wait; `waitMs` reads that in
 * milliseconds. A valid `Retry-After` header wins. The wait is at most an hour.
 */
export function classifyWaitingAnswer(response: HttpResponse, waitMs: ZodType<number>): Verdict {
  const verdict = classifyServiceAnswer(response)
  if (verdict.kind !== 'retry' || verdict.retryAfterMs !== undefined) return verdict
  const told = parseJsonAnswer(waitMs, response.body)
  if (told === undefined) return verdict
  const retryAfterMs = Math.min(Math.max(Math.ceil(told), 0), MAX_RETRY_AFTER_MS)
  return { ...verdict, retryAfterMs }
}
