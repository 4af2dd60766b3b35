import { hashParts } from '../../../relay/model/hash.ts'
import { isJsonObject, type JsonObject } from '../../../relay/model/json-value.ts'
import { parseTimeMs } from '../../../relay/model/time.ts'
import type { Occurrence } from '../spool/occurrences.ts'
import { textOf } from './flux-object.ts'

/**
 * What a Flux event reports, so that the same report from the other source is recognised: Flux's
 * controllers make both from the same texts. Undefined when the event has no object or no time.
 * https://github.com/fluxcd/pkg/blob/main/runtime/events/recorder.go
 */
export function occurrenceOf(event: JsonObject, count = 1): Occurrence | undefined {
  const { involvedObject, timestamp, reason, message } = event
  const at = parseTimeMs(textOf(timestamp))
  if (at === undefined || !isJsonObject(involvedObject)) return undefined
  const { kind, namespace, name, uid } = involvedObject
  const key = hashParts(...[kind, namespace, name, reason, message].map(textOf))
  return { key, uid: textOf(uid), at, count }
}
