import { z } from 'zod'
import {
  MAX_EVENTS_BYTES,
  type RequestBody,
  readEventObject,
  tooLarge,
} from '../../../relay/api/body.ts'
import { MAX_NESTING, nestsDeeperThan } from '../../../relay/api/json.ts'
import { type Problem, problem } from '../../../relay/api/problem.ts'
import { fieldErrors, fieldErrorText } from '../../../relay/model/errors.ts'
import { PostedObject, restorePrefixes } from '../../../relay/model/event.ts'
import { withFieldNames } from '../../../relay/model/event-keys.ts'
import { isJsonObject, type JsonObject } from '../../../relay/model/json-value.ts'
import { eventText, type WithLabels } from './event-text.ts'

/**
 * The fields without which every version of the relay refuses an event. The relay judges all others
 * itself, so that an older shipper does not limit a newer relay.
 */
const Required = z.object({
  involvedObject: PostedObject.pick({ kind: true, namespace: true, name: true }).loose(),
})

/** The one event of a request. */
export interface FluxPost {
  readonly event: JsonObject
  /** The event as JSON text, as it is sent on. */
  readonly text: string
}

/** What is needed to read a request. */
export interface PostContext {
  /** The time in milliseconds since the epoch. */
  readonly now: number
  /** Whether the sender is a notification-controller, which strips prefixes of metadata. */
  readonly isNotificationController: boolean
  readonly withLabels?: WithLabels | undefined
}

/**
 * Reads the one event of a request, or returns why no relay would accept it. An event without a
 * time gets the time of its arrival. Otherwise the relay would give it another time with each
 * repeat of the batch, and not recognise it.
 */
export function readIncomingEvent(
  input: RequestBody,
  { now, isNotificationController, withLabels = (event) => event }: PostContext,
): FluxPost | { readonly problem: Problem } {
  const read = readEventObject(input)
  if ('problem' in read) return read
  const object = withFieldNames(read.object) as JsonObject
  const parsed = Required.safeParse(object)
  if (!parsed.success) {
    const wrong = fieldErrors(parsed.error.issues).map(fieldErrorText).join('; ')
    return { problem: problem('not-valid', `the event is not valid: ${wrong}`) }
  }
  if (nestsDeeperThan(object, MAX_NESTING)) {
    return { problem: problem('not-valid', `expected at most ${MAX_NESTING} levels of nesting`) }
  }
  const { metadata, timestamp } = object
  const isStripped = isNotificationController && isJsonObject(metadata)
  const { apiVersion } = parsed.data.involvedObject
  const event = {
    ...object,
    involvedObject: parsed.data.involvedObject,
    ...(isStripped && {
      metadata: restorePrefixes(metadata, { apiVersion: String(apiVersion ?? '') }),
    }),
    timestamp: timestamp ?? new Date(now).toISOString(),
  }
  const text = eventText(event, withLabels)
  return text === undefined ? { problem: tooLarge(MAX_EVENTS_BYTES) } : { event, text }
}
