import { jsonValue } from '../model/json-value.ts'
import type { Answer } from './answer.ts'
import { ProblemDocument } from './schemas/problem.ts'

/**
 * Whether a relay answers that it has no such thing. A 404 of another server, such as a proxy before the relay or
 * one at a wrong address, tells nothing of that, and neither does the one of a relay that lacks the path.
 */
export function isMissing({ status, body }: Pick<Answer, 'status' | 'body'>): boolean {
  if (status !== 404) return false
  const { data: problem } = ProblemDocument.safeParse(jsonValue(body))
  return problem !== undefined && problem.type !== 'unknown-path'
}
