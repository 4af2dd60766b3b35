import type { z } from 'zod'
import type { Answer } from '../relay/api/answer.ts'
import { jsonValue } from '../relay/model/json-value.ts'
import { problemIn } from './problem.ts'
import { UsageError } from './usage-error.ts'

/**
 * Reads the body of an answer. Throws `UsageError` for a refusal, and for a body of another form.
 */
export function read<T>(schema: z.ZodType<T>, answer: Answer): T {
  if (answer.status >= 300) throw new Refusal(answer)
  const parsed = schema.safeParse(jsonValue(answer.body))
  if (parsed.success) return parsed.data
  throw new UsageError(OTHER_FORM, 1)
}

const OTHER_FORM = 'the answer is not one of a flux-relay of this version'

/** What a relay answered that did not do what it was asked. */
export class Refusal extends UsageError {
  /** Whether it will not do it when it is asked again either. */
  readonly isFinal: boolean
  /** The status of HTTP. */
  readonly status: number

  constructor(answer: Answer) {
    super(refusalText(answer), 1)
    this.status = answer.status
    this.isFinal = isFinal(answer)
  }
}

/** Whether a relay says that it will not do it. What stands before one says of a relay that starts whatever it wants. */
export function isFinal({ status, body }: Answer): boolean {
  return status < 500 && problemIn(body) !== undefined
}

/**
 * The reason why a relay refused a request, for people; for a wrong token also where one is given, and for an
 * answer that is no relay's that the address may be wrong.
 */
export function refusalText(answer: Answer): string {
  if (answer.status < 300) return OTHER_FORM
  const problem = problemIn(answer.body)
  const what = `the relay answered ${answer.status}`
  const why = problem ? `${what}: ${problem.detail}` : what
  if (answer.status === 401) {
    return `${why}; set FLUX_RELAY_TOKEN to it, or use a context that has it`
  }
  return answer.status === 404 && !problem ? `${why}; check the relay's address` : why
}
