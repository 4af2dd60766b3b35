import type { HttpResponse, OutboundRequest } from '../../ports/http.ts'
import type { CustomDelivery, TryPorts } from '../contract.ts'
import type { Verdict } from '../verdict.ts'
import { classifyFailure } from './classify.ts'

/** Sends one request of several, and judges its answer. */
export async function sendJudged(
  tryPorts: Pick<TryPorts, 'send'>,
  request: OutboundRequest,
  classify: (response: HttpResponse) => Verdict,
): Promise<CustomDelivery> {
  const result = await tryPorts.send(request)
  if (result.kind === 'failure') return { verdict: classifyFailure(result) }
  return { verdict: classify(result), response: result }
}
