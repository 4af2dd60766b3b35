import { PROBLEM_CONTENT_TYPE, type Problem, problem, problemText } from './problem.ts'

/** The answer of the relay, whatever transport the host uses. */
export interface Answer {
  /** The HTTP status. */
  readonly status: number
  /** The media type of the body; absent when there is no body. */
  readonly contentType?: string
  /** The body as text, most often JSON; empty when there is no body. */
  readonly body: string
  /** The error behind a 503. It is for the host's log, never for the sender. */
  readonly cause?: unknown
  /** The value of the header Retry-After, in seconds. */
  readonly retryAfterS?: number
  /** A body that goes on, in the place of `body`. Only hosts that can stream have routes with one. */
  readonly stream?: ReadableStream<Uint8Array>
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * The reason why the request is refused; absent when it is not. The body is its problem document.
   */
  readonly problem?: Problem
}

/**
 * How long to wait before the same request. A disk or a service that fails is tried again about
 * every second.
 */
const RETRY_AFTER_S = 5

/** Makes an answer with this value as JSON. */
export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json', body: JSON.stringify(value) }
}

/** Makes an answer with a text, for people and for programs that do not read JSON. */
export function textAnswer(body: string, contentType = 'text/plain; charset=utf-8'): Answer {
  return { status: 200, contentType, body }
}

/**
 * Makes an answer without a body, for senders that do not read it. Flux's event recorder leaves
 * bodies unread, and Go's client then closes the connection; without a body it uses the connection
 * again. https://pkg.go.dev/net/http#Response
 */
export function emptyAnswer(status: number): Answer {
  return { status, body: '' }
}

/**
 * Makes the answer for a store that failed: a 503 with the time after which to send the request
 * again. Flux's senders of events get no such time, since their own waits suit better.
 */
export function unavailableAnswer(detail: string, cause: unknown): Answer {
  return { ...problemAnswer(problem('not-stored', detail), cause), retryAfterS: RETRY_AFTER_S }
}

/** Makes an answer that refuses the request. `cause` is what the host should log. */
export function problemAnswer(problem: Problem, cause?: unknown): Answer {
  const answer = {
    status: problem.status,
    contentType: PROBLEM_CONTENT_TYPE,
    body: problemText(problem),
    problem,
  }
  return cause === undefined ? answer : { ...answer, cause }
}
