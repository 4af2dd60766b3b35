import type { z } from 'zod'
import type { Answer } from '../relay/api/answer.ts'
import { jsonValue } from '../relay/model/json-value.ts'
import { problemIn } from './problem.ts'
import { UsageError } from './usage-error.ts'

/**
 * Reads the body of an answer. Throws `UsageError` for a refusal, and for a body of another form.
 */
export function read<T>(schema: z.ZodType<T>, answer: Answer): T {
  if (answer.status >= 300) throw new UsageError(refusalText(answer), 1)
  const parsed = schema.safeParse(jsonValue(answer.body))
  if (parsed.success) return parsed.data
  throw new UsageError('the answer is not one of a flux-relay of this version', 1)
}

/**
 * The reason why a relay refused a request, for people; for a wrong token also where one is given, and for an
 * answer that is no relay's that the address may be wrong.
 */
export function refusalText(answer: Answer): string {
  const problem = problemIn(answer.body)
  const what = `the relay answered ${answer.status}`
  const why = problem ? `${what}: ${problem.detail}` : what
  if (answer.status === 401) {
    return `${why}; set FLUX_RELAY_TOKEN to it, or use a context that has it`
  }
  return answer.status === 404 && !problem ? `${why}; check the relay's address` : why
}
