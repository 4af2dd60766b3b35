import type { FieldError } from '../model/errors.ts'
import type { Rejection } from '../pipeline/accept.ts'
import {
  PROBLEM_KINDS,
  type ProblemCode,
  type ProblemStatus,
  STATUS_PHRASES,
} from './problem-codes.ts'

/** The media type of a problem document, RFC 9457. */
export const PROBLEM_CONTENT_TYPE = 'application/problem+json'

/**
 * Why a request was refused, as RFC 9457 shows it. The title is the phrase of the HTTP status, and what
 * is special about the problem is its code.
 */
export interface Problem {
  /** The `type` of the document: a relative reference, which is a code of the closed list. */
  readonly code: ProblemCode
  readonly status: ProblemStatus
  /** For a person: what was wrong and what was expected. */
  readonly detail: string
  /** Each thing that was wrong: a field, or an item of a batch. */
  readonly errors?: readonly (FieldError | Rejection)[]
  /** Of `stale-config`: when the stored set was taken, RFC 3339. */
  readonly storedAt?: string
}

/** Makes a problem; its status follows from the code. */
export function problem(
  code: ProblemCode,
  detail: string,
  beside: Pick<Problem, 'errors' | 'storedAt'> = {},
): Problem {
  return { code, status: PROBLEM_KINDS[code].status, detail, ...beside }
}

/** The problem's JSON text, to be sent as `PROBLEM_CONTENT_TYPE`. */
export function problemText({ code, status, ...rest }: Problem): string {
  return JSON.stringify({ type: code, title: STATUS_PHRASES[status], status, ...rest })
}
