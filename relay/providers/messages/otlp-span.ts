import { createHash } from 'node:crypto'
import type { Event } from '../../model/event.ts'
import { hashParts } from '../../model/hash.ts'
import type { Notification } from '../contract.ts'
import { isError, sortedMetadata } from './names.ts'

/**
 * Values of the enumerations in https://github.com/open-telemetry/opentelemetry-js/tree/main/api
 */
const KIND_INTERNAL = 0
const STATUS_OK = 1
const STATUS_ERROR = 2
const FLAG_SAMPLED = 1

type HrTime = [seconds: number, nanoseconds: number]

/**
 * A finished span of one event, in the form that OpenTelemetry's serialisers read. It ends when the
 * event happened; the time until its delivery is not part of it.
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

/** The id of the trace. All events of one revision and one Alert are one trace. */
function traceId({ event, alert }: Notification): string {
  const revision = revisionOf(event)
  return createHash('sha256').update(`${alert.uid}:${revision}`).digest('hex').slice(0, 32)
}

function revisionOf({ metadata }: Event): string {
  const { 'app-version': version, 'oci-digest': digest, revision } = metadata
  if (version && digest) return `${version}@${digest}`
  return revision || 'unknown'
}

/** The id of the span, made from the delivery's id. So a backend can recognise a repeated span. */
function spanId({ deliveryId }: Notification): string {
  return hashParts('otel span', deliveryId).slice(0, 16)
}

/**
 * The attributes, which have unique keys. Of metadata with the key of one of our own, ours is kept.
 */
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
