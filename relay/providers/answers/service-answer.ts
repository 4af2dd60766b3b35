import type { HttpResponse } from '../../ports/http.ts'
import { serviceWords } from '../messages/service-message.ts'
import type { Verdict } from '../verdict.ts'
import { classifyStatus } from './classify.ts'

/** Judges an answer by its status. The reason of a failure repeats what the service says. */
export function classifyServiceAnswer(response: HttpResponse): Verdict {
  const verdict = classifyStatus(response)
  if (verdict.kind === 'delivered') return verdict
  const said = serviceWords(response)
  return said === undefined ? verdict : { ...verdict, reason: `${verdict.reason}: ${said}` }
}
