import type { Log } from '../../embedded/log.ts'
import { isJsonObject, parseJson } from '../../relay/intake/json.ts'
import { InvolvedObject, objectName } from '../../relay/model/event.ts'
import type { ShipperMetrics } from '../metrics.ts'
import type { SenderObserver } from '../send/sender.ts'

/** Says in log and metrics what becomes of batches. */
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
      log.error({ object: objectOf(body), error }, 'the relay refuses an event; it is set aside')
    },
    failed({ reason, detail }, events, retryInMs) {
      isFailing = true
      metrics.sendFailed(reason)
      log.warn({ reason, detail, events, retryInMs }, 'events not sent, will be repeated')
    },
    spoolFailed(err, retryInMs) {
      log.error({ err, retryInMs }, 'the spool failed, will be repeated')
    },
  }
}

/** `Kustomization/flux-system/podinfo`. */
function objectOf(body: string): string | undefined {
  const parsed = parseJson(body)
  if ('error' in parsed || !isJsonObject(parsed.value)) return undefined
  const { event } = parsed.value
  // With labels it is an item of two parts.
  const { involvedObject } = isJsonObject(event) ? event : parsed.value
  const object = InvolvedObject.safeParse(involvedObject)
  return object.success ? objectName(object.data) : undefined
}
