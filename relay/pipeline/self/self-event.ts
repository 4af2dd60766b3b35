import type { Event, InvolvedObject } from '../../model/event.ts'
import { RELAY_REPORTER } from '../../model/good-ends.ts'
import { hashParts } from '../../model/hash.ts'
import { type Identity, NOTIFICATION_GROUP } from '../../model/kubernetes.ts'
import type { AcceptedEvent } from '../../model/queue-messages.ts'
import type { Ports } from '../../ports/ports.ts'
import { objectGroupKey } from '../accept.ts'

/** An event of the relay about itself. */
export interface SelfEvent {
  readonly cluster: string
  /** What the event is about. A Cluster has no namespace. */
  readonly kind: 'Provider' | 'Alert' | 'Cluster'
  readonly object: Pick<Identity, 'namespace' | 'name'> & Partial<Pick<Identity, 'uid'>>
  readonly severity: 'info' | 'error'
  readonly reason: string
  readonly message: string
  /** Further facts, which messages show. */
  readonly facts?: Readonly<Record<string, string>>
  /** What makes the event one of its kind: reported again with the same texts, it is the same event. */
  readonly occasion: readonly string[]
}

/** Whether an event is one of the relay about itself. Of its deliveries nothing is told, or it would go on for ever. */
export function isSelfEvent({ reportingController }: Event): boolean {
  return reportingController === RELAY_REPORTER
}

/** The reason of the event that a delivery died. */
export const DELIVERY_DEAD = 'DeliveryDead'

/** Whether an event tells of a failure that no other event ends, so that it does not last: a delivery that died. */
export function hasNoEnd(event: Event): boolean {
  return isSelfEvent(event) && event.reason === DELIVERY_DEAD
}

/** Queues events of the relay about itself, as if they had been accepted now. Rejects when the queue fails. */
export async function reportSelf(
  { queue, clock, orderTimes }: Pick<Ports, 'queue' | 'clock' | 'orderTimes'>,
  reports: readonly SelfEvent[],
): Promise<void> {
  const now = clock.now()
  const events = reports.map((report): AcceptedEvent => {
    const { cluster, kind, occasion } = report
    const event = eventOf(report, now)
    const orderTime = orderTimes.next({ cluster, eventTime: now, now })
    return {
      id: hashParts('self', cluster, kind, ...occasion),
      cluster,
      group: objectGroupKey(cluster, event.involvedObject),
      event,
      objectLabels: undefined,
      acceptedAt: now,
      orderTime,
    }
  })
  if (events.length > 0) await queue.send(events)
}

function eventOf(report: SelfEvent, now: number): Event {
  const { kind, object, severity, reason, message, facts = {} } = report
  const group = kind === 'Cluster' ? 'flux-relay.io' : NOTIFICATION_GROUP
  const involvedObject: InvolvedObject = {
    kind,
    namespace: object.namespace,
    name: object.name,
    uid: object.uid ?? '',
    apiVersion: kind === 'Cluster' ? `${group}/v1alpha1` : `${group}/v1beta3`,
    resourceVersion: '',
    fieldPath: '',
  }
  const metadata = Object.entries(facts).map(([key, value]) => [`${group}/${key}`, value] as const)
  return {
    involvedObject,
    severity,
    timestamp: new Date(now).toISOString(),
    message,
    reason,
    metadata: Object.fromEntries(metadata),
    reportingController: RELAY_REPORTER,
    reportingInstance: '',
  }
}
