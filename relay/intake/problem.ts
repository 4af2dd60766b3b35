import type { FieldError } from '../errors.ts'
import type { Rejection } from '../pipeline/accept.ts'

/** The media type of a problem document, RFC 9457. */
export const PROBLEM_CONTENT_TYPE = 'application/problem+json'

const TITLES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const

/** The statuses that a refused request can get. */
export type ProblemStatus = keyof typeof TITLES

/**
 * Why a request was refused, as RFC 9457 shows it. Its `type` is left out, which there means
 * `about:blank`: the title is then the HTTP status phrase.
 */
export interface Problem {
  readonly status: ProblemStatus
  readonly title: string
  /** For a person: what was wrong and what was expected. */
  readonly detail: string
  /** Each thing that was wrong: a field, or an item of a batch. */
  readonly errors?: readonly (FieldError | Rejection)[]
}

/** Makes a problem; its title follows from the status. */
export function problem(
  status: ProblemStatus,
  detail: string,
  errors?: Problem['errors'],
): Problem {
  return { status, title: TITLES[status], detail, ...(errors && { errors }) }
}

/** The problem's JSON text, to be sent as `PROBLEM_CONTENT_TYPE`. */
export function problemText({ status, title, detail, errors }: Problem): string {
  return JSON.stringify({ title, status, detail, errors })
}
