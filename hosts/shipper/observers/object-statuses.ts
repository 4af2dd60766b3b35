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
      const message = 'objects are not to be had; some of their Events go without a revision'
      log.error({ kind, reason }, message)
    },
    statusesFailed(kind, error, retryInMs) {
      metrics.kubernetesFailed('objects')
      const reason = error instanceof Error ? error.message : String(error)
      log.warn({ kind, reason, retryInMs }, 'the status of objects not read, will be repeated')
    },
    untold: (changes) => metrics.spooled(changes),
    spoolFailed: (err, retryInMs) =>
      log.error({ err, retryInMs }, 'the status of an object not kept, will be repeated'),
  }
}
