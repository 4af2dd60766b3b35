import type { HttpResponse, OutboundRequest } from '../../ports/http.ts'
import { notApplied } from '../answers/classify.ts'
import { sendJudged } from '../answers/send-judged.ts'
import type { CustomDelivery, TryPorts } from '../contract.ts'
import type { Verdict } from '../verdict.ts'

/** How a type speaks with its forge in one try. */
export interface Exchange {
  readonly tryPorts: TryPorts
  readonly classify: (response: HttpResponse) => Verdict
}

/** Sends a request, and judges its answer. */
export function exchange(
  { tryPorts, classify }: Exchange,
  request: OutboundRequest,
): Promise<CustomDelivery> {
  return sendJudged(tryPorts, request, classify)
}

/** Sends a request that changes nothing. */
export async function ask(parts: Exchange, request: OutboundRequest): Promise<CustomDelivery> {
  const { verdict, ...delivery } = await exchange(parts, request)
  return { verdict: verdict.kind === 'delivered' ? verdict : notApplied(verdict), ...delivery }
}

/**
 * The delivery that failed since an answer is of another form than the forge documents. `applied` tells
 * whether the request may have changed something.
 */
export function unreadable(
  { response }: CustomDelivery,
  what: string,
  applied: 'no' | 'unknown' = 'no',
): CustomDelivery {
  const reason = `HTTP ${response?.status}: the answer of the forge does not contain ${what}`
  return { verdict: { kind: 'retry', reason, applied }, response }
}

/** Whether the forge does not have what the request was about. */
export function isGone({ response }: CustomDelivery): boolean {
  return response?.status === 404 || response?.status === 410
}
