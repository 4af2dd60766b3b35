import { MAX_EVENTS_BYTES } from '../../../relay/api/body.ts'
import { isJsonObject, type JsonObject } from '../../../relay/api/json.ts'

/** Gives an event with the labels of its involved object, or as it is. */
export type WithLabels = (event: JsonObject) => unknown

/** A batch is a JSON array, so even one event alone has two brackets around it. */
const MAX_EVENT_BYTES = MAX_EVENTS_BYTES - 2

/**
 * The JSON text of an event as it is sent to the relay: without labels when it would be too large
 * with them, and undefined when it is too large without.
 */
export function eventText(event: JsonObject, withLabels: WithLabels): string | undefined {
  return fitting(withLabels(event)) ?? fitting(event)
}

/** What `eventText` made: the event, and its labels where it has some. An event has an object. */
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
