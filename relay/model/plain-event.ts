import type { Event, InvolvedObject, Labels } from './event.ts'
import { EVENT_FIELDS, OBJECT_FIELDS } from './event-keys.ts'
import { isJsonObject } from './json-value.ts'
import { isoTimeOf } from './time.ts'

/** The longest texts, in UTF-16 units. */
export interface PlainEventLimits {
  readonly message: number
  readonly name: number
}

/** An item of a batch: an event, with the labels of its object if they are known. */
export interface PlainItem {
  readonly event: Event
  readonly objectLabels?: Labels | undefined
}

const ITEM_FIELDS: ReadonlySet<string> = new Set<keyof PlainItem>(['event', 'objectLabels'])

/** Reads an item as `readPlainEvent` does. */
export function readPlainItem(value: unknown, limits: PlainEventLimits): PlainItem | undefined {
  if (!isJsonObject(value)) return undefined
  if (!('event' in value)) {
    const event = readPlainEvent(value, limits)
    return event && { event }
  }
  for (const key in value) if (!ITEM_FIELDS.has(key)) return undefined
  const event = readPlainEvent(value.event, limits)
  const { objectLabels } = value
  if (!event || (objectLabels !== undefined && !isTextMap(objectLabels))) return undefined
  return { event, objectLabels }
}

/**
 * Reads an event in the form in which Flux controllers write it, for a fifth of the schema's cost.
 * The result is the same as the schema's. Undefined when anything has to be repaired, renamed, cut
 * or refused: the schema does that.
 */
export function readPlainEvent(value: unknown, limits: PlainEventLimits): Event | undefined {
  if (!isJsonObject(value)) return undefined
  for (const key in value) if (!EVENT_FIELDS.names.has(key)) return undefined
  const { severity, timestamp, involvedObject: object, metadata = {} } = value
  const { message = '', reason = '', reportingController = '', reportingInstance = '' } = value
  if (!isText(message) || message.length > limits.message || !isText(reason)) return undefined
  if (!isText(reportingController) || !isText(reportingInstance)) return undefined
  if (!isText(severity) || severity === '' || typeof timestamp !== 'string') return undefined
  const time = isoTimeOf(timestamp)
  const involvedObject = readObject(object, limits.name)
  if (time === undefined || !involvedObject || !isTextMap(metadata)) return undefined
  const reported = { message, reason, metadata, reportingController, reportingInstance }
  return { involvedObject, severity, timestamp: time, ...reported }
}

function readObject(value: unknown, maxName: number): InvolvedObject | undefined {
  if (!isTextMap(value)) return undefined
  for (const key in value) if (!OBJECT_FIELDS.names.has(key)) return undefined
  const { kind = '', namespace = '', name = '' } = value
  const { uid = '', apiVersion = '', resourceVersion = '', fieldPath = '' } = value
  const isNamed = [kind, namespace, name].every((it) => it !== '' && it.length <= maxName)
  return isNamed
    ? { kind, namespace, name, uid, apiVersion, resourceVersion, fieldPath }
    : undefined
}

function isTextMap(value: unknown): value is Labels {
  if (!isJsonObject(value)) return false
  for (const key in value) {
    // The schema drops this key, which no object has by itself.
    if (key === '__proto__' || !key.isWellFormed() || !isText(value[key])) return false
  }
  return true
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed()
}
