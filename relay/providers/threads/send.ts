import type { HttpResponse, OutboundRequest } from '../../ports/http.ts'
import { classifyFailure } from '../answers/classify.ts'
import type { CustomDelivery, TryPorts } from '../contract.ts'
import type { Verdict } from '../verdict.ts'
import type { ThreadDelivery } from './threading.ts'

/** Another delivery opens the thread, or changes its first message: this one comes after it. */
export function waitForThread(what: 'opens' | 'updates'): ThreadDelivery {
  const reason = `another message ${what} the same thread`
  return { verdict: { kind: 'busy', reason } }
}

/** Sends one request of several, and judges its answer. */
export async function sendJudged(
  { send }: Pick<TryPorts, 'send'>,
  request: OutboundRequest,
  classify: (response: HttpResponse) => Verdict,
): Promise<CustomDelivery> {
  const result = await send(request)
  if (result.kind === 'failure') return { verdict: classifyFailure(result) }
  return { verdict: classify(result), response: result }
}
