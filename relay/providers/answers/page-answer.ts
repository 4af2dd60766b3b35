import type { HttpResponse } from '../../ports/http.ts'
import type { Verdict } from '../verdict.ts'

/**
 * The verdict on a success whose body is a page; undefined for any other answer. No API answers with a page:
 * it is that of a proxy, a sign-in or a web server in front of the service, which has not heard of the request.
 */
export function pageVerdict({ status, body }: HttpResponse): Verdict | undefined {
  const isSuccess = status >= 200 && status < 300
  if (!isSuccess || !body.trimStart().startsWith('<')) return undefined
  const reason = `HTTP ${status}: the answer is a page, and not one of the service's API`
  return { kind: 'retry', reason, applied: 'unknown' }
}
