import type { HttpResponse } from '../../ports/http.ts'
import { serviceWords } from '../messages/service-message.ts'
import type { Verdict } from '../verdict.ts'
import { classifyStatus } from './classify.ts'
import { foreignVerdict, isNoPage, type OwnAnswer } from './own-answer.ts'

/**
 * Judges an answer by its status, and a success by whether it `isOwn` to the service too. The reason of a failure
 * repeats what the service says.
 */
export function classifyServiceAnswer(
  response: HttpResponse,
  isOwn: OwnAnswer = isNoPage,
): Verdict {
  const foreign = foreignVerdict(response, isOwn)
  if (foreign !== undefined) return foreign
  const verdict = classifyStatus(response)
  if (verdict.kind === 'delivered') return verdict
  const said = serviceWords(response)
  return said === undefined ? verdict : { ...verdict, reason: `${verdict.reason}: ${said}` }
}
