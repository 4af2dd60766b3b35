import type { Log } from '../../kit/log.ts'
import type { ObjectLabelsObserver } from '../labels/object-labels.ts'
import type { ShipperMetrics } from '../metrics.ts'

/** Logs and counts what becomes of labels. */
export function createLabelsObserver(
  log: Log,
  metrics: Pick<ShipperMetrics, 'kubernetesFailed'>,
): ObjectLabelsObserver {
  return {
    labelsUnavailable(kind, reason) {
      metrics.kubernetesFailed('labels')
      const message =
        'labels cannot be read; Alerts with matchLabels do not match, and rules find none'
      log.error({ kind, reason }, message)
    },
    labelsFailed(kind, error, retryInMs) {
      metrics.kubernetesFailed('labels')
      const reason = error instanceof Error ? error.message : String(error)
      log.warn({ kind, reason, retryInMs }, 'labels could not be read, will be repeated')
    },
    labelsRecovered: (kind) => log.info({ kind }, 'labels are read again'),
    labelsFull: (kind) =>
      log.error({ kind }, 'too many objects; those above the bound go without labels'),
    waitingForLabels(kinds) {
      const reason =
        kinds.length > 0 ? 'labels are known' : 'Alerts, Providers and Silences are listed'
      log.info({ kinds }, `events wait until ${reason}`)
    },
    tooManyKinds: (kinds) =>
      log.error({ kinds }, 'labels are needed of more kinds than they are kept of'),
  }
}
