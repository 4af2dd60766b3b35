import { PROBLEM_CONTENT_TYPE, type Problem, problem, problemText } from './problem.ts'

/** What a host sends back, whichever transport it speaks. */
export interface Answer {
  /** HTTP status. */
  readonly status: number
  /** Absent when there is no body. */
  readonly contentType?: string
  /** Text, most often JSON; empty when there is no body. */
  readonly body: string
  /** What failed behind a 503: for the host's log, never for the sender. */
  readonly cause?: unknown
  /** Of the header Retry-After, in seconds. */
  readonly retryAfterS?: number
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>
  /** Why the request is refused; absent when it is not. The body is its document. */
  readonly problem?: Problem
}

/** A disk or a service that fails is tried again each second or so. */
const RETRY_AFTER_S = 5

/** An answer with this value as JSON. */
export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json', body: JSON.stringify(value) }
}

/** A text for a person or a program that reads no JSON. */
export function textAnswer(body: string, contentType = 'text/plain; charset=utf-8'): Answer {
  return { status: 200, contentType, body }
}

/**
 * An answer without a body, for senders that read none. Flux's event recorder leaves the body of an
 * answer unread, and Go's client then gives up the connection; one without a body is used again.
 * https://pkg.go.dev/net/http#Response
 */
export function emptyAnswer(status: number): Answer {
  return { status, body: '' }
}

/**
 * The answer where a store fails, which is no answer to what was asked for: 503, with the time after
 * which to ask again. Flux's senders of events wait better by themselves and get none.
 */
export function unavailableAnswer(detail: string, cause: unknown): Answer {
  return { ...problemAnswer(problem('not-stored', detail), cause), retryAfterS: RETRY_AFTER_S }
}

/** An answer that refuses; `cause` is what the host should log. */
export function problemAnswer(problem: Problem, cause?: unknown): Answer {
  const answer = {
    status: problem.status,
    contentType: PROBLEM_CONTENT_TYPE,
    body: problemText(problem),
    problem,
  }
  return cause === undefined ? answer : { ...answer, cause }
}
