import type { HttpResponse } from '../../ports.ts'
import { classifyStatus } from '../classify.ts'
import type { Verdict } from '../contract.ts'
import { serviceWords } from './service-message.ts'

/**
 * Judges a forge's answer by its status; the reason repeats what the forge says of it. `notFound`
 * says what a 404 can mean, where that is not the setting of a commit status.
 */
export function classifyForgeAnswer(response: HttpResponse, notFound = NOT_FOUND): Verdict {
  const verdict = classifyStatus(response)
  if (verdict.kind === 'delivered') return verdict
  const said = serviceWords(response)
  const parts = [verdict.reason, said, response.status === 404 ? notFound : undefined]
  return { ...verdict, reason: parts.filter((part) => part !== undefined).join(': ') }
}

/** Forges hide what a token may not see behind a 404. */
const NOT_FOUND =
  'the repository or the commit is not found, or the token lacks the right to set commit statuses'
