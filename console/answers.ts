import type { Answer } from '../relay/api/answer.ts'
import { isMissing } from '../relay/api/missing.ts'
import { ProblemDocument } from '../relay/api/schemas/problem.ts'
import { jsonValue } from '../relay/model/json-value.ts'

/** The schema of an answer's body. */
interface Schema<T> {
  safeParse(value: unknown): { readonly data?: T }
}

/** What a relay says instead of what was asked. The page of the problem shows it. */
export class Refused extends Error {
  override readonly name = 'Refused'
  /** The HTTP status of the answer. */
  readonly status: number

  constructor(status: number, detail: string) {
    super(detail)
    this.status = status
  }
}

/** Reads the body of an answer. Throws `Refused` for a refusal, and for a body of another form. */
export function read<T>(schema: Schema<T>, answer: Answer): T {
  if (answer.status >= 300) throw refused(answer)
  const { data } = schema.safeParse(jsonValue(answer.body))
  if (data !== undefined) return data
  throw new Refused(502, 'The answer of the relay is not one that this console knows.')
}

/** The same, and undefined where there is no such thing. */
export function readFound<T>(schema: Schema<T>, answer: Answer): T | undefined {
  return isMissing(answer) ? undefined : read(schema, answer)
}

/** Why a relay refuses what was asked. */
export function refused({ status, body }: Answer): Refused {
  const { data } = ProblemDocument.safeParse(jsonValue(body))
  return new Refused(status, data?.detail ?? `The relay answered ${status}.`)
}
