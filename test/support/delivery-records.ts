import type { AcceptedEvent, DeliveryRecord } from '../../relay/model/delivery.ts'
import { type Event, objectName } from '../../relay/model/event.ts'
import { hashParts } from '../../relay/model/hash.ts'
import { START } from './manual-clock.ts'

/** An Event about a Kustomization of this name, as `accept` leaves it. */
export function event(name = 'podinfo', message = 'Reconciliation finished'): Event {
  return {
    involvedObject: {
      kind: 'Kustomization',
      namespace: 'flux-system',
      name,
      uid: '',
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      resourceVersion: '',
      fieldPath: '',
    },
    severity: 'info',
    timestamp: new Date(START).toISOString(),
    message,
    reason: 'ReconciliationSucceeded',
    metadata: { 'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:3f2c9a1' },
    reportingController: 'kustomize-controller',
    reportingInstance: '',
  }
}

/** An accepted event; its id and group follow from its cluster, object and message. */
export function acceptedEvent(changes: Partial<AcceptedEvent> = {}): AcceptedEvent {
  const cluster = changes.cluster ?? 'local'
  const content = changes.event ?? event()
  return {
    id: hashParts(cluster, objectName(content.involvedObject), content.message),
    cluster,
    group: hashParts(cluster, objectName(content.involvedObject)),
    event: content,
    objectLabels: undefined,
    acceptedAt: START,
    ...changes,
  }
}

/** The record of a Delivery that went well at the first try. */
export function deliveryRecord(changes: Partial<DeliveryRecord> = {}): DeliveryRecord {
  return {
    id: 'delivery-1',
    cluster: 'local',
    eventId: 'event-1',
    order: '2026-11-20T09:14:03.000Z/00000000000000000001',
    event: event(),
    acceptedAt: START,
    alert: { namespace: 'flux-system', name: 'on-call', uid: 'alert-uid' },
    provider: { namespace: 'flux-system', name: 'slack', uid: 'provider-uid', type: 'slack' },
    outcome: 'delivered',
    reason: 'slack answered 200',
    notes: [],
    attempt: 1,
    chainStartedAt: START,
    failures: 0,
    requestsDone: 1,
    attempts: [],
    replayedAt: [],
    repeats: 0,
    createdAt: START,
    updatedAt: START,
    ...changes,
  }
}
