import type { Log } from '../../kit/log.ts'
import type { ShipperMetrics } from '../metrics.ts'
import type { ObjectStatusesObserver } from '../sources/object-statuses.ts'

/** Logs and counts what becomes of the status of Flux's objects. */
export function createObjectStatusesObserver(
  log: Log,
  metrics: Pick<ShipperMetrics, 'spooled' | 'kubernetesFailed'>,
): ObjectStatusesObserver {
  return {
    statusesUnavailable(kind, reason) {
      metrics.kubernetesFailed('objects')
      const message =
        'the status of objects cannot be read; some of their Events are sent without a revision'
      log.error({ kind, reason }, message)
    },
    statusesFailed(kind, error, retryInMs) {
      metrics.kubernetesFailed('objects')
      const reason = error instanceof Error ? error.message : String(error)
      log.warn(
        { kind, reason, retryInMs },
        'the status of objects could not be read, will be repeated',
      )
    },
    untold: (changes) => metrics.spooled(changes),
    spoolFailed: (err, retryInMs) =>
      log.error(
        { err, retryInMs },
        'the status of an object could not be stored, will be repeated',
      ),
  }
}
