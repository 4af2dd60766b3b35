import { z } from 'zod'
import type { HttpResponse } from '../../ports.ts'
import { classifyStatus } from '../classify.ts'
import type { Verdict } from '../contract.ts'
import { parseJson } from './json-answer.ts'
import { quotable, serviceMessage } from './service-message.ts'

/** Judges an answer by its status; the reason of a failure repeats what the service says of it. */
export function classifyServiceAnswer(response: HttpResponse): Verdict {
  const verdict = classifyStatus(response)
  if (verdict.kind === 'delivered') return verdict
  const said = serviceMessage(response.body) ?? jsonText(response.body)
  return said === undefined ? verdict : { ...verdict, reason: `${verdict.reason}: ${said}` }
}

/** What a body says that is nothing but a JSON string. */
function jsonText(body: string): string | undefined {
  return quotable(parseJson(z.string(), body) ?? '') || undefined
}
