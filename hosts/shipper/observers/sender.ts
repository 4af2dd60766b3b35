import type { Log } from '../../kit/log.ts'
import type { ShipperMetrics } from '../metrics.ts'
import { objectOf } from '../send/object-of.ts'
import type { SenderObserver } from '../send/sender.ts'

/** Logs and counts what becomes of batches. */
export function createSenderObserver(
  log: Log,
  metrics: Pick<ShipperMetrics, 'sent' | 'refused' | 'sendFailed'>,
): SenderObserver {
  let isFailing = false
  return {
    sent(events) {
      metrics.sent(events)
      if (isFailing) log.info({ events }, 'the relay takes events again')
      isFailing = false
    },
    refused({ body }, error) {
      metrics.refused()
      log.error(
        { object: objectOf(body), error },
        'the relay will never accept this event; it is set aside',
      )
    },
    failed({ reason, detail }, events, retryInMs) {
      isFailing = true
      metrics.sendFailed(reason)
      log.warn({ reason, detail, events, retryInMs }, 'events could not be sent, will be repeated')
    },
    spoolFailed(err, retryInMs) {
      log.error({ err, retryInMs }, 'the spool failed, will be repeated')
    },
  }
}
