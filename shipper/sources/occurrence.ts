import { isJsonObject, type JsonObject } from '../../relay/intake/json.ts'
import { MAX_MESSAGE_LENGTH } from '../../relay/model/event.ts'
import { hashParts } from '../../relay/model/hash.ts'
import { cutText } from '../../relay/model/text.ts'
import { parseTimeMs } from '../../relay/model/time.ts'
import type { Occurrence } from '../spool/occurrences.ts'

/**
 * What a Flux event reports, so that the same told by the other source is known: Flux's controllers
 * make both from the same texts. Undefined when it has no object or no time.
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

/** As the relay reads it; what is no text has none. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? cutText(value, MAX_MESSAGE_LENGTH).toWellFormed() : ''
}
