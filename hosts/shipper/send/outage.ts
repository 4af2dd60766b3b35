import type { Retry } from '../../../client/cluster/batch-result.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import type {
  HttpClient,
  TransportFailureCause,
  TransportOptions,
} from '../../../relay/ports/http.ts'

/** Waits for `ms` milliseconds after a failure, or until the relay answers again. */
export type OutageWait = (
  ms: number,
  failure: Pick<Retry, 'reason' | 'retryAfterMs'>,
  signal: AbortSignal,
) => Promise<void>

export interface OutageWaitOptions {
  readonly http: HttpClient
  /** The URL of `GET /readyz` at the relay, or at what is before it. */
  readonly url: string
  readonly transport: TransportOptions
  readonly random: Clock['random']
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * How often the relay is asked, on average. The time is random, so that the shippers of a fleet do
 * not come back at once.
 */
const ASK_EVERY_MS = 2_000
const ASK_TIMEOUT_MS = 2_000

/** Failures that mean that no relay was reached. */
const UNREACHED: ReadonlySet<string> = new Set<TransportFailureCause>([
  'host',
  'dns',
  'connect',
  'tls',
  'proxy',
])

/**
 * Ends a wait as soon as a relay that was away is back, since the wait after a long outage may be a
 * minute. The relay was away when it could not be reached, or does not answer during the wait. If
 * it was there all the time but accepted nothing, the whole wait is kept. A relay that says how
 * long to wait is not asked. Any answer means that it is back, except from a gateway that does not
 * reach it: on AWS the route does not exist, and a 404 is enough.
 */
export function createOutageWait(options: OutageWaitOptions): OutageWait {
  const { wait, random } = options
  return async (ms, { reason, retryAfterMs }, signal) => {
    if (retryAfterMs !== undefined) return wait(ms, signal)
    let wasAway = UNREACHED.has(reason)
    for (let leftMs = ms; leftMs > 0 && !signal.aborted; ) {
      const pauseMs = Math.min(leftMs, ASK_EVERY_MS * (0.5 + random()))
      await wait(pauseMs, signal)
      leftMs -= pauseMs
      if (leftMs <= 0 || signal.aborted) return
      const { isThere, tookMs } = await ask(options)
      leftMs -= tookMs
      if (isThere && wasAway) return
      wasAway = !isThere
    }
  }
}

async function ask({ http, url, transport }: OutageWaitOptions) {
  const request = { method: 'GET', url, headers: {}, body: '' } as const
  const answer = await http.send(request, { ...transport, timeoutMs: ASK_TIMEOUT_MS })
  if (answer.kind === 'response') return { isThere: answer.status < 500, tookMs: 0 }
  return { isThere: false, tookMs: answer.cause === 'timeout' ? ASK_TIMEOUT_MS : 0 }
}
