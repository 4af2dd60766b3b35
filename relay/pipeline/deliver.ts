import type { HttpResponse, Ports } from '../ports.ts'
import { classifyFailure, classifyStatus } from '../providers/classify.ts'
import {
  type HttpProvider,
  NotificationError,
  type ProviderType,
  type Verdict,
} from '../providers/contract.ts'
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
  const { type, notification, resolved } = prepared
  if (!isHttp(type)) {
    const verdict = await type.deliver(notification, resolved.settings, ports)
    return { verdict, requestsDone: 0, response: undefined }
  }
  const requests = requestsOf(type, prepared)
  if ('kind' in requests) return { verdict: requests, requestsDone, response: undefined }

  let done = requestsDone
  let response: HttpResponse | undefined
  for (const request of requests.slice(requestsDone)) {
    const result = await ports.http.send(request, resolved.transport)
    response = result.kind === 'response' ? result : undefined
    const verdict = result.kind === 'response' ? judge(type, result) : classifyFailure(result)
    if (verdict.kind !== 'delivered') return { verdict, requestsDone: done, response }
    done += 1
  }
  return { verdict: { kind: 'delivered' }, requestsDone: done, response }
}

function isHttp(type: ProviderType): type is HttpProvider {
  return 'requests' in type
}

function requestsOf(type: HttpProvider, { notification, resolved }: Prepared) {
  try {
    return type.requests(notification, resolved.settings)
  } catch (error) {
    return { kind: 'rejected', reason: formatErrorText(error, type) } as const
  }
}

/** Why a notification could not be formatted. A bug in one type must not hold up the others. */
export function formatErrorText(error: unknown, { type }: ProviderType): string {
  if (error instanceof NotificationError) return error.message
  return `the type ${type} could not format this event, which is a bug: ${String(error)}`
}

function judge(type: HttpProvider, response: HttpResponse): Verdict {
  return type.classify?.(response) ?? classifyStatus(response)
}
