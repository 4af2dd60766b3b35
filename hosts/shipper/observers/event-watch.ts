import { FLUX_KINDS } from '../../../relay/model/reporting-kinds.ts'
import type { Log } from '../../kit/log.ts'
import type { ShipperMetrics } from '../metrics.ts'
import type { EventWatchObserver } from '../sources/event-watch.ts'

/** Logs and counts what becomes of Kubernetes Events. */
export function createEventWatchObserver(
  log: Log,
  metrics: Pick<ShipperMetrics, 'spooled' | 'known' | 'eventSkipped' | 'kubernetesFailed'>,
): EventWatchObserver {
  return {
    spooled: (events) => metrics.spooled(events),
    known: (events) => metrics.known(events),
    began(kind, older) {
      const message = 'Kubernetes Events are watched for the first time; older ones are not sent'
      log.info({ kind, older }, message)
    },
    skipped(event, problem) {
      metrics.eventSkipped()
      log.warn({ event, problem }, 'a Kubernetes Event is not sent: no relay would accept it')
    },
    shortened: (event) => log.warn({ event }, 'a Kubernetes Event is sent without its annotations'),
    apiFailed(kind, error, retryInMs) {
      metrics.kubernetesFailed('events')
      const { message: reason } = error
      log.warn({ kind, reason, retryInMs }, 'Kubernetes Events could not be read, will be repeated')
    },
    apiRecovered: (kind) => log.info({ kind }, 'Kubernetes Events are read again'),
    unknownKind(kind) {
      // Many clusters lack the controllers of some of them; that is no typing error.
      if (FLUX_KINDS.has(kind)) return
      log.warn({ kind }, 'the cluster has no kind of this name; check --watch-events')
    },
    spoolFull: (kind, retryInMs) =>
      log.warn({ kind, retryInMs }, 'the spool is full; Kubernetes Events wait'),
    spoolFailed: (err, retryInMs) =>
      log.error({ err, retryInMs }, 'the spool failed, will be repeated'),
  }
}
