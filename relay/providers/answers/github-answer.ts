import type { HttpResponse } from '../../ports/http.ts'
import { serviceMessage } from '../messages/service-message.ts'
import type { Verdict } from '../verdict.ts'
import { classifyForgeAnswer } from './forge-answer.ts'

/** The headers of every request to GitHub, besides its credential. */
export const GITHUB_HEADERS = {
  accept: 'application/vnd.github.v3+json',
  'x-github-api-version': '2022-11-28',
} as const

/** The wait that GitHub asks for when a rate limit comes without a time of its own. */
const LEAST_LIMIT_WAIT_MS = 60_000

/**
 * Judges GitHub's answer. `notFound` tells what a 404 can mean. A rate limit may be visible in its
 * message only:
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
export function classifyGithub(response: HttpResponse, notFound?: string): Verdict {
  const verdict = classifyForgeAnswer(response, notFound)
  const said = serviceMessage(response.body) ?? ''
  const isLimit = response.status === 403 || response.status === 429
  if (!isLimit || verdict.kind === 'delivered' || !/rate limit/i.test(said)) return verdict
  const { reason } = verdict
  const told = verdict.kind === 'retry' ? verdict.retryAfterMs : undefined
  return { kind: 'retry', reason, applied: 'no', retryAfterMs: told ?? LEAST_LIMIT_WAIT_MS }
}
