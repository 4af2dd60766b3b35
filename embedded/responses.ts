import { type Answer, problemAnswer } from '../relay/intake/answer.ts'
import { type Problem, problem } from '../relay/intake/problem.ts'
import type { Log } from './log.ts'

const COMMON_HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }

/** The core's answer as a response; what failed behind a 503 goes to the log. */
export function answerResponse(answer: Answer, log: Log): Response {
  if (answer.cause !== undefined)
    log.error({ err: answer.cause, status: answer.status }, 'request failed')
  const { retryAfterS } = answer
  return response(answer, retryAfterS === undefined ? {} : { 'Retry-After': `${retryAfterS}` })
}

/** A problem as a response. */
export function problemResponse(
  refused: Problem,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return response(problemAnswer(refused), { ...REQUIRED_HEADERS[refused.status], ...headers })
}

/** A text as a response. */
export function textResponse(body: string, contentType = 'text/plain; charset=utf-8'): Response {
  return response({ status: 200, contentType, body })
}

/** 405 with the methods that the path has (RFC 9110, section 15.5.6). */
export function methodNotAllowed(methods: readonly string[]): Response {
  const allow = methods.join(', ')
  return problemResponse(problem('wrong-method', `expected ${allow}`), { Allow: allow })
}

/** What a status obliges to (RFC 9110, section 15.5.2). */
const REQUIRED_HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'WWW-Authenticate': 'Bearer' },
}

function response(
  { status, contentType, body }: Answer,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(body === '' ? null : body, {
    status,
    headers: {
      ...(contentType !== undefined && { 'Content-Type': contentType }),
      ...(body === '' && { 'Content-Length': '0' }),
      ...COMMON_HEADERS,
      ...headers,
    },
  })
}
