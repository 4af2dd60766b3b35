import type { ObjectReadiness } from '../../../relay/model/config.ts'
import { isJsonObject, type JsonObject } from '../../../relay/model/json-value.ts'
import { cutText } from '../../../relay/model/text.ts'
import type { ApiObject } from '../kubernetes/collection.ts'

/**
 * The longest message of a condition:
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#condition-v1-meta
 */
const MAX_MESSAGE_LENGTH = 32_768

/**
 * The merge patch that sets the condition `Ready` in an object's status to the relay's answer, and
 * keeps everything else; undefined when it is set already. The API server answers 409 when the
 * object was changed in between.
 */
export function readyPatch(
  object: ApiObject,
  { ready, reason, message: said }: Pick<ObjectReadiness, 'ready' | 'reason' | 'message'>,
  now: number,
): JsonObject | undefined {
  const { resourceVersion, generation } = object.metadata
  const observed = typeof generation === 'number' ? { observedGeneration: generation } : {}
  const current = isJsonObject(object.status) ? object.status : {}
  const conditions = Array.isArray(current.conditions)
    ? current.conditions.filter(isJsonObject)
    : []
  const before = conditions.find(isReady)
  const message = cutText(said, MAX_MESSAGE_LENGTH)
  const wanted = { type: 'Ready', status: ready ? 'True' : 'False', reason, message, ...observed }
  if (before && includes(before, wanted) && isObserved(current, observed)) return undefined
  const isSameStatus = before?.status === wanted.status
  const lastTransitionTime = isSameStatus ? before.lastTransitionTime : secondsOf(now)
  const next = { ...wanted, lastTransitionTime }
  return {
    metadata: { resourceVersion },
    status: {
      // Dropped by the API where the kind has no such field.
      ...observed,
      conditions: before
        ? conditions.map((condition) => (condition === before ? next : condition))
        : [...conditions, next],
    },
  }
}

function isReady(condition: JsonObject): boolean {
  return condition.type === 'Ready'
}

function includes(before: JsonObject, wanted: JsonObject): boolean {
  return Object.entries(wanted).every(([field, value]) => before[field] === value)
}

/**
 * Whether the status is about the current generation. A kind without the field always counts as up
 * to date.
 */
function isObserved(status: JsonObject, observed: JsonObject): boolean {
  return status.observedGeneration === undefined || includes(status, observed)
}

/** The time as Kubernetes writes it: RFC 3339, without milliseconds. */
export function secondsOf(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
}
