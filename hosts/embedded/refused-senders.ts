import type { RefusedRequest } from '../../relay/api/refused-request.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Log } from '../kit/log.ts'
import type { Metrics } from './metrics.ts'

/** How often a line is logged at most, since a sender with a wrong token posts again and again. */
const LOG_INTERVAL_MS = 60_000

/**
 * Tells of senders that are refused. A Flux controller does not look at a 401, so its events are lost
 * without a word unless the relay says something.
 */
export function createRefusedSenders({
  log,
  metrics,
  clock,
}: {
  readonly log: Log
  readonly metrics: Pick<Metrics, 'unauthorized'>
  readonly clock: Pick<Clock, 'elapsed'>
}): (refused: Omit<RefusedRequest, 'problem' | 'method'>) => void {
  let loggedAt: number | undefined
  let unlogged = 0
  return ({ cluster, address, path }) => {
    metrics.unauthorized()
    const now = clock.elapsed()
    if (loggedAt !== undefined && now - loggedAt < LOG_INTERVAL_MS) {
      unlogged += 1
      return
    }
    log.warn(
      { cluster, address, path, ...(unlogged > 0 && { moreSinceLast: unlogged }) },
      'events refused: no token, or a wrong one; they are lost unless the sender tries again',
    )
    loggedAt = now
    unlogged = 0
  }
}
