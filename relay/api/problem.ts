import type { FieldError } from '../model/errors.ts'
import type { Rejection } from '../pipeline/accept.ts'
import {
  PROBLEM_KINDS,
  type ProblemCode,
  type ProblemStatus,
  STATUS_PHRASES,
} from './problem-codes.ts'

/** The media type of a problem document: RFC 9457. */
export const PROBLEM_CONTENT_TYPE = 'application/problem+json'

/**
 * The reason why a request was refused, as in RFC 9457. The title is the phrase of the HTTP status;
 * the code tells problems with the same status apart.
 */
export interface Problem {
  /** The `type` of the document: a relative reference, which is a code of the closed list. */
  readonly code: ProblemCode
  readonly status: ProblemStatus
  /** What was wrong and what was expected, for people. */
  readonly detail: string
  /** Each thing that was wrong: a field, or an item of a batch. */
  readonly errors?: readonly (FieldError | Rejection)[]
  /** When the stored set was taken, RFC 3339; only for `stale-config`. */
  readonly storedAt?: string
}

/** Makes a problem. Its status follows from the code. */
export function problem(
  code: ProblemCode,
  detail: string,
  beside: Pick<Problem, 'errors' | 'storedAt'> = {},
): Problem {
  return { code, status: PROBLEM_KINDS[code].status, detail, ...beside }
}

/** The problem as JSON text, which is sent as `PROBLEM_CONTENT_TYPE`. */
export function problemText({ code, status, ...rest }: Problem): string {
  return JSON.stringify({ type: code, title: STATUS_PHRASES[status], status, ...rest })
}
