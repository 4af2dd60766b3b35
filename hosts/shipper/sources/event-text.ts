import { MAX_EVENTS_BYTES } from '../../../relay/api/body.ts'
import { isJsonObject, type JsonObject } from '../../../relay/model/json-value.ts'

/** Returns an event with the labels of its involved object, or as it is. */
export type WithLabels = (event: JsonObject) => unknown

/**
 * The largest event. A batch is a JSON array, so even a single event has two brackets around it.
 */
const MAX_EVENT_BYTES = MAX_EVENTS_BYTES - 2

/**
 * The JSON text of an event as it is sent to the relay. It is without labels when it would be too
 * large with them, and undefined when it is too large without them.
 */
export function eventText(event: JsonObject, withLabels: WithLabels): string | undefined {
  return fitting(withLabels(event)) ?? fitting(event)
}

/** The parts of a value that `eventText` made: the event, and its labels if it has some. */
export function itemOf(value: JsonObject): {
  readonly event?: JsonObject
  readonly objectLabels?: unknown
} {
  if ('involvedObject' in value || !('event' in value)) return { event: value }
  return isJsonObject(value.event) ? { event: value.event, objectLabels: value.objectLabels } : {}
}

function fitting(value: unknown): string | undefined {
  const text = JSON.stringify(value)
  return Buffer.byteLength(text) > MAX_EVENT_BYTES ? undefined : text
}
