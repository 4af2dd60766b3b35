import type { Event } from '../../model/event.ts'
import { sortedMetadata, wholeSecondsTimestamp } from './names.ts'

/**
 * The event as Flux controllers write it, in their field order, so that equal events become equal
 * bytes. Fields that Flux leaves out when they are empty are undefined, and so left out by
 * `JSON.stringify`: https://fluxcd.io/flux/components/notification/events/
 */
export function eventJson(event: Event) {
  const { involvedObject: object } = event
  const metadata = sortedMetadata(event)
  return {
    involvedObject: {
      kind: object.kind,
      namespace: object.namespace,
      name: object.name,
      uid: object.uid || undefined,
      apiVersion: object.apiVersion || undefined,
      resourceVersion: object.resourceVersion || undefined,
      fieldPath: object.fieldPath || undefined,
    },
    severity: event.severity,
    timestamp: wholeSecondsTimestamp(event),
    message: event.message,
    reason: event.reason,
    metadata: metadata.length > 0 ? Object.fromEntries(metadata) : undefined,
    reportingController: event.reportingController,
    reportingInstance: event.reportingInstance || undefined,
  }
}
