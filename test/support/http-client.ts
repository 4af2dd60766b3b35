import { onTestFinished } from 'vitest'
import {
  type ClosableHttpClient,
  createHttpClient,
  type HttpClientOptions,
} from '../../adapters/http/client.ts'
import type { OutboundRequest, TransportFailure } from '../../relay/ports/http.ts'

/** A client that may reach this machine, closed when the test is over. */
export function testClient(options: Partial<HttpClientOptions> = {}): ClosableHttpClient {
  const client = createHttpClient({ allowPrivate: true, userAgent: 'flux-relay/test', ...options })
  onTestFinished(() => client.close())
  return client
}

export function post(url: string, changes: Partial<OutboundRequest> = {}): OutboundRequest {
  return { method: 'POST', url, headers: {}, body: '{"text":"hello"}', ...changes }
}

/** Long enough that only a hanging test reaches it. */
export const PATIENT = { timeoutMs: 10_000 } as const

/** A failure but its detail, which the test looks at by itself. */
export function failure(cause: TransportFailure['cause'], mayHaveArrived: boolean) {
  return { kind: 'failure', cause, mayHaveArrived }
}
