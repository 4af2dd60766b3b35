import type { HttpResponse } from '../../ports/http.ts'
import type { FailedDelivery } from '../contract.ts'
import { quotable, serviceWords } from '../messages/service-message.ts'
import type { Verdict } from '../verdict.ts'
import { classifyStatus } from './classify.ts'

/**
 * Judges a forge's answer by its status; the reason repeats what the forge says of it. `notFound`
 * says what a 404 can mean, where that is not the setting of a commit status.
 */
export function classifyForgeAnswer(response: HttpResponse, notFound = NOT_FOUND): Verdict {
  const verdict = classifyStatus(response)
  if (verdict.kind === 'delivered') return verdict
  const said = serviceWords(response)
  const reason = redirectReason(response) ?? verdict.reason
  const parts = [reason, said, response.status === 404 ? notFound : undefined]
  return { ...verdict, reason: parts.filter((part) => part !== undefined).join(': ') }
}

/** Of a limit that GitHub and GitLab set to a commit's statuses, which a later try does not get past. */
const LIMIT = /maximum number|exceeded the limit/i

/**
 * The `findOut` of a type of commit statuses. A mirror may not have fetched the commit yet that Flux
 * has applied, and forges say so with a 404 or, as GitHub, with a 422.
 */
export async function findAbsentCommit({
  answer: { status },
  verdict: { kind, reason },
}: Pick<FailedDelivery<unknown>, 'answer' | 'verdict'>): Promise<Verdict | undefined> {
  const isAbsent = kind === 'rejected' && (status === 404 || status === 422)
  return isAbsent && !LIMIT.test(reason) ? { kind: 'absent', reason } : undefined
}

/** Names the place that was not followed to, for a person to correct the address. */
function redirectReason({ status, headers: { location } }: HttpResponse): string | undefined {
  if (status < 300 || status >= 400 || location === undefined) return undefined
  return `HTTP ${status}: the destination redirects to ${placeText(location)}, which is not followed`
}

/** Without query and user info, which may be secret. */
function placeText(location: string): string {
  const url = URL.parse(location.startsWith('//') ? `https:${location}` : location)
  const [path = ''] = location.split(/[?#]/, 1)
  return quotable(url === null ? path : `${url.protocol}//${url.host}${url.pathname}`)
}

/** Forges hide what a token may not see behind a 404. */
const NOT_FOUND =
  'the repository or the commit is not found, or the token lacks the right to set commit statuses'
