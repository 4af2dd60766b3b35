import { randomBytes } from 'node:crypto'
import type { ObjectReadiness } from '../../../relay/model/config.ts'
import type { JsonObject } from '../../../relay/model/json-value.ts'
import { cutText } from '../../../relay/model/text.ts'
import type { ApiObject } from '../kubernetes/collection.ts'
import type { ApiResource } from '../kubernetes/discovery.ts'
import { secondsOf } from './ready-condition.ts'

const COMPONENT = 'flux-relay'
/**
 * The longest message of an Event:
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
const MAX_MESSAGE_BYTES = 1_024
/** The longest part of the Event's name that is the object's. The rest makes the name unique. */
const MAX_NAME_LENGTH = 230

/** A Kubernetes Event (core/v1) on the object that says what the relay answered for it. */
export function readinessEvent(
  { group, version, kind }: Pick<ApiResource, 'group' | 'version' | 'kind'>,
  { metadata }: ApiObject,
  { ready, reason, message }: Pick<ObjectReadiness, 'ready' | 'reason' | 'message'>,
  now: number,
): JsonObject {
  const { namespace, name, uid, resourceVersion } = metadata
  const time = secondsOf(now)
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      namespace,
      name: `${cutText(name, MAX_NAME_LENGTH)}.${randomBytes(8).toString('hex')}`,
    },
    involvedObject: {
      ...{ apiVersion: `${group}/${version}`, kind, namespace, name, uid, resourceVersion },
    },
    ...{ type: ready ? 'Normal' : 'Warning', reason, message: cutBytes(message) },
    ...{ firstTimestamp: time, lastTimestamp: time, count: 1 },
    ...{ source: { component: COMPONENT }, reportingComponent: COMPONENT, reportingInstance: '' },
  }
}

function cutBytes(text: string): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(MAX_MESSAGE_BYTES))
  return text.slice(0, read)
}
