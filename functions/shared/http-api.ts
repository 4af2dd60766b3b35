import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2 as HttpResult,
} from 'aws-lambda'
import { type Answer, problemAnswer } from '../../relay/intake/answer.ts'
import type { RequestBody } from '../../relay/intake/body.ts'
import { problem } from '../../relay/intake/problem.ts'
import type { FailureReports } from './failure-reports.ts'

/** An event of an HTTP API, payload format 2.0. */
export type HttpEvent = APIGatewayProxyEventV2

export type { HttpResult }

/** A request as the core takes it. */
export interface HttpRequest extends RequestBody {
  readonly method: string
  /** The cluster in its path; perhaps not a valid name. */
  readonly cluster: string
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

/**
 * Reads an event. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function readRequest(event: HttpEvent): HttpRequest {
  const headers = Object.fromEntries(
    Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  return {
    method: event.requestContext.http.method,
    cluster: event.pathParameters?.cluster ?? '',
    headers,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    contentEncoding: headers['content-encoding'],
    contentType: headers['content-type'],
  }
}

/** The answer as a result. What failed behind it, or throws instead of it, goes to the log only. */
export async function respond(
  reports: FailureReports,
  answer: () => Promise<Answer>,
): Promise<HttpResult> {
  try {
    const given = await answer()
    if (given.cause !== undefined) reportFailure(reports, given.cause, given.status)
    return resultOf(given)
  } catch (cause) {
    reportFailure(reports, cause, 503)
    return resultOf(
      problemAnswer(problem('not-stored', 'a part of the relay failed; send it again')),
    )
  }
}

function reportFailure({ log, onFailed }: FailureReports, cause: unknown, status: number): void {
  log.error('request failed', { error: asError(cause), status })
  onFailed()
}

/** 401, the same for a wrong token and for an unknown cluster: it must not tell which there are. */
export function unauthorized(expected: string): Answer {
  return problemAnswer(problem('unauthorized', `expected ${expected}`))
}

function resultOf({ status, contentType, body, retryAfterS }: Answer): HttpResult {
  return {
    statusCode: status,
    headers: {
      ...(contentType !== undefined && { 'Content-Type': contentType }),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...(retryAfterS !== undefined && { 'Retry-After': `${retryAfterS}` }),
      // RFC 9110, section 15.5.2.
      ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    },
    body,
  }
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause))
}
