import { PROBLEM_CONTENT_TYPE, type Problem, problemText } from './problem.ts'

/** What a host sends back, whichever transport it speaks. */
export interface Answer {
  /** HTTP status. */
  readonly status: number
  /** Absent when there is no body. */
  readonly contentType?: string
  /** JSON text; empty when there is no body. */
  readonly body: string
  /** What failed behind a 503: for the host's log, never for the sender. */
  readonly cause?: unknown
}

/** An answer with this value as JSON. */
export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json', body: JSON.stringify(value) }
}

/**
 * An answer without a body, for senders that read none. Flux's event recorder leaves the body of an
 * answer unread, and Go's client then gives up the connection; one without a body is used again.
 * https://pkg.go.dev/net/http#Response
 */
export function emptyAnswer(status: number): Answer {
  return { status, body: '' }
}

/** An answer that refuses; `cause` is what the host should log. */
export function problemAnswer(problem: Problem, cause?: unknown): Answer {
  const answer = {
    status: problem.status,
    contentType: PROBLEM_CONTENT_TYPE,
    body: problemText(problem),
  }
  return cause === undefined ? answer : { ...answer, cause }
}
