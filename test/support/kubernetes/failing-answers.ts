import type { ServerResponse } from 'node:http'
import { ApiFailure } from './api-failure.ts'
import { sendJson } from './json-bodies.ts'
import { isLike, type RequestPattern } from './recorded-request.ts'

/** What the double answers instead of the truth. */
export interface FailingAnswer {
  /** Of HTTP. */
  readonly status: number
  /** Default 1. */
  readonly times?: number
  readonly reason?: string
  readonly message?: string
  readonly retryAfterSeconds?: number
  /** Sent as it is, in place of a `Status`. */
  readonly body?: string
}

const DISCOVERY: RequestPattern = { verb: 'get', group: '', resource: '' }

/** Answers that the test wants for requests that are still to come. */
export class FailingAnswers {
  readonly #pending: Array<{ pattern: RequestPattern; answer: FailingAnswer; left: number }> = []

  add(pattern: RequestPattern, answer: FailingAnswer): void {
    this.#pending.push({ pattern, answer, left: answer.times ?? 1 })
  }

  /** Whether it was answered; a request of discovery is of no resource. */
  answer(request: RequestPattern = DISCOVERY, response: ServerResponse): boolean {
    const found = this.#pending.find(({ pattern, left }) => left > 0 && isLike(request, pattern))
    if (!found) return false
    found.left -= 1
    const { status, reason = '', message = 'as the test wants', ...answer } = found.answer
    if (answer.retryAfterSeconds !== undefined) {
      response.setHeader('retry-after', String(answer.retryAfterSeconds))
    }
    if (answer.body !== undefined) response.writeHead(status).end(answer.body)
    else sendJson(response, status, new ApiFailure(status, reason, message).body)
    return true
  }
}
