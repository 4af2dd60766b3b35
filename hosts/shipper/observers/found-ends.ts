import type { Log } from '../../kit/log.ts'
import type { ShipperMetrics } from '../metrics.ts'
import type { FoundEndsObserver } from '../sources/found-ends.ts'

/** Logs and counts the ends of failures that were found in the status of objects. */
export function createFoundEndsObserver(
  log: Log,
  metrics: Pick<ShipperMetrics, 'spooled' | 'kubernetesFailed'>,
): FoundEndsObserver {
  return {
    found({ kind, namespace, name }, reason) {
      metrics.spooled(1)
      const object = `${kind}/${namespace}/${name}`
      log.info({ object, reason }, 'a failure has ended that no event ended')
    },
    unreadable(kind, reason) {
      metrics.kubernetesFailed('objects')
      const message = 'objects that failed cannot be read; their failures end by events only'
      log.error({ kind, reason }, message)
    },
    failed(error, retryInMs) {
      metrics.kubernetesFailed('objects')
      const reason = error instanceof Error ? error.message : String(error)
      log.warn({ reason, retryInMs }, 'objects that failed could not be read, will be repeated')
    },
  }
}
