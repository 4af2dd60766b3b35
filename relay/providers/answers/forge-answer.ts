import type { HttpResponse } from '../../ports/http.ts'
import type { FailedDelivery } from '../contract.ts'
import { quotable, serviceWords } from '../messages/service-message.ts'
import type { Verdict } from '../verdict.ts'
import { classifyStatus } from './classify.ts'
import { foreignVerdict, isNoPage } from './own-answer.ts'

/**
 * Judges a forge's answer by its status, unless something else than its API has answered. The reason repeats what the
 * forge says. `notFound` tells what a 404 can mean, unless the request sets a commit status.
 */
export function classifyForgeAnswer(response: HttpResponse, notFound = NOT_FOUND): Verdict {
  const foreign = foreignVerdict(response, isNoPage)
  if (foreign !== undefined) return foreign
  const verdict = classifyStatus(response)
  if (verdict.kind === 'delivered') return verdict
  const said = serviceWords(response)
  const reason = redirectReason(response) ?? verdict.reason
  const parts = [reason, said, response.status === 404 ? notFound : undefined]
  return { ...verdict, reason: parts.filter((part) => part !== undefined).join(': ') }
}

/**
 * The messages of the limits that GitHub and GitLab set to a commit's statuses. A later try meets
 * the same limit.
 */
const LIMIT = /maximum number|exceeded the limit/i

/**
 * The `findOut` of commit status types. A mirror may not have fetched yet the commit that Flux has
 * applied. Forges answer that with a 404 or, as GitHub does, with a 422.
 */
export async function findAbsentCommit({
  answer: { status },
  verdict: { kind, reason },
}: Pick<FailedDelivery<unknown>, 'answer' | 'verdict'>): Promise<Verdict | undefined> {
  const isAbsent = kind === 'rejected' && (status === 404 || status === 422)
  return isAbsent && !LIMIT.test(reason) ? { kind: 'absent', reason } : undefined
}

/**
 * Names the address of a redirect that was not followed, so that a person can correct the Provider.
 */
function redirectReason({ status, headers: { location } }: HttpResponse): string | undefined {
  if (status < 300 || status >= 400 || location === undefined) return undefined
  return `HTTP ${status}: the destination redirects to ${placeText(location)}, which is not followed`
}

/** The address without query and user info, which may be secret. */
function placeText(location: string): string {
  const url = URL.parse(location.startsWith('//') ? `https:${location}` : location)
  const [path = ''] = location.split(/[?#]/, 1)
  return quotable(url === null ? path : `${url.protocol}//${url.host}${url.pathname}`)
}

/** What a 404 can mean. Forges answer 404 for what a token may not see. */
const NOT_FOUND =
  'the repository or the commit is not found, or the token lacks the right to set commit statuses'
