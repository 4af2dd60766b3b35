import { createHash } from 'node:crypto'
import type { Event } from '../../model/event.ts'
import { hashParts } from '../../model/hash.ts'
import type { Notification } from '../contract.ts'
import { isError, sortedMetadata } from './names.ts'

/** Enumerations of https://github.com/open-telemetry/opentelemetry-js/tree/main/api */
const KIND_INTERNAL = 0
const STATUS_OK = 1
const STATUS_ERROR = 2
const FLAG_SAMPLED = 1

type HrTime = [seconds: number, nanoseconds: number]

/**
 * A finished span of one event, in the form that OpenTelemetry's serialisers read. It ends when the
 * event happened: what came between that and its delivery is no part of it.
 */
export function spanOf(notification: Notification) {
  const { event, alert } = notification
  const happenedAt = hrTime(Date.parse(event.timestamp))
  const resource = {
    attributes: {
      'service.name': `${alert.namespace}/${alert.name}`,
      'service.namespace': alert.namespace,
      'service.instance.id': alert.uid,
    },
    merge: () => resource,
    getRawAttributes: () => Object.entries(resource.attributes),
  }
  return {
    name: nameOf(event),
    kind: KIND_INTERNAL,
    spanContext: () => ({
      traceId: traceId(notification),
      spanId: spanId(notification),
      traceFlags: FLAG_SAMPLED,
    }),
    startTime: happenedAt,
    endTime: happenedAt,
    duration: hrTime(0),
    ended: true,
    status: isError(event) ? { code: STATUS_ERROR, message: event.message } : { code: STATUS_OK },
    attributes: attributesOf(event),
    links: [],
    events: [],
    resource,
    instrumentationScope: { name: 'flux:notification-controller' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

function nameOf({ involvedObject: { kind, namespace, name } }: Event): string {
  return `${kind}: ${namespace}/${name}`
}

/** All that one revision leads to for one Alert is one trace. */
function traceId({ event, alert }: Notification): string {
  const revision = revisionOf(event)
  return createHash('sha256').update(`${alert.uid}:${revision}`).digest('hex').slice(0, 32)
}

function revisionOf({ metadata }: Event): string {
  const { 'app-version': version, 'oci-digest': digest, revision } = metadata
  if (version && digest) return `${version}@${digest}`
  return revision || 'unknown'
}

/** Of the delivery, so that a backend can see that a retry repeats a span that it has already. */
function spanId({ deliveryId }: Notification): string {
  return hashParts('otel span', deliveryId).slice(0, 16)
}

/** Attributes are unique by their keys; of metadata with the key of an object's part, ours stays. */
function attributesOf(event: Event): Record<string, string> {
  const { uid, kind, name, namespace } = event.involvedObject
  const own = {
    'object.uid': uid,
    'object.kind': kind,
    'object.name': name,
    'object.namespace': namespace,
  }
  return { ...own, ...Object.fromEntries(sortedMetadata(event)), ...own }
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000)
  return [seconds, (ms - seconds * 1_000) * 1_000_000]
}
