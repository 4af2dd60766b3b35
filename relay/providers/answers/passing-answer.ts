import type { HttpResponse } from '../../ports/http.ts'
import type { Verdict } from '../verdict.ts'
import { limitWait } from './classify.ts'
import { classifyServiceAnswer } from './service-answer.ts'

/** Judges the answer of a service that has a status of its own for what passes, `passing`, which is below 500. */
export function classifyPassing(response: HttpResponse, passing: number): Verdict {
  const verdict = classifyServiceAnswer(response)
  if (response.status !== passing || verdict.kind === 'delivered') return verdict
  return { kind: 'retry', reason: verdict.reason, applied: 'unknown', ...limitWait(response) }
}
