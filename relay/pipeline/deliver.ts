import type { HttpResponse, Ports } from '../ports.ts'
import { classifyFailure, classifyStatus } from '../providers/classify.ts'
import { type HttpProvider, isHttpProvider, type Verdict } from '../providers/contract.ts'
import type { Prepared } from './prepare.ts'

/** What one attempt came to. */
export interface Delivered {
  readonly verdict: Verdict
  /** How many of the delivery's requests are done, those of earlier attempts included. */
  readonly requestsDone: number
  /** The last answer, when there was one. */
  readonly response: HttpResponse | undefined
}

/**
 * Sends the requests of a delivery that are not done yet, one after the other, and stops at the
 * first that fails.
 */
export async function deliver(
  prepared: Prepared,
  requestsDone: number,
  ports: Ports,
): Promise<Delivered> {
  const { type, notification, requests, resolved } = prepared
  if (!isHttpProvider(type)) {
    const verdict = await type.deliver(notification, resolved.settings, ports)
    return { verdict, requestsDone: 0, response: undefined }
  }
  let done = requestsDone
  let response: HttpResponse | undefined
  let verdict: Verdict = { kind: 'delivered' }
  for (const request of requests.slice(requestsDone)) {
    const result = await ports.http.send(request, resolved.transport)
    response = result.kind === 'response' ? result : undefined
    verdict = result.kind === 'response' ? judge(type, result) : classifyFailure(result)
    if (verdict.kind !== 'delivered') return { verdict, requestsDone: done, response }
    done += 1
  }
  return { verdict, requestsDone: done, response }
}

/** A bug in a type's judgement must not make a delivery come again for ever. */
function judge(type: HttpProvider, response: HttpResponse): Verdict {
  try {
    return type.classify?.(response) ?? classifyStatus(response)
  } catch {
    return classifyStatus(response)
  }
}
