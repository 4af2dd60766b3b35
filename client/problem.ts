import { ProblemDocument } from '../relay/api/schemas/problem.ts'
import { jsonValue } from '../relay/model/json-value.ts'

/** The relay's problem document in the body of an answer; undefined when the answer is not a relay's. */
export function problemIn(body: string): ProblemDocument | undefined {
  return ProblemDocument.safeParse(jsonValue(body)).data
}
