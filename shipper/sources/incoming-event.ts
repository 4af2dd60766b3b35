import { z } from 'zod'
import { fieldErrors, fieldErrorText } from '../../relay/errors.ts'
import {
  MAX_EVENTS_BYTES,
  type RequestBody,
  readJsonObject,
  tooLarge,
} from '../../relay/intake/body.ts'
import { MAX_NESTING, nestsDeeperThan } from '../../relay/intake/json.ts'
import { type Problem, problem } from '../../relay/intake/problem.ts'
import { InvolvedObject } from '../../relay/model/event.ts'

/**
 * Without these the relay refuses an event whatever its version. All else it may judge itself, so
 * that a newer relay is not held back by an older shipper.
 */
const Required = z.object({
  involvedObject: InvolvedObject.pick({ kind: true, namespace: true, name: true }),
})

/** A batch is a JSON array, so even one event alone has two brackets around it. */
const MAX_EVENT_BYTES = MAX_EVENTS_BYTES - 2

/**
 * Reads the one event of a request: its JSON text as it is sent on, or why no relay would take it. An
 * event without a time gets that of its arrival: the relay would give it another with each repeat of
 * the batch, and so not know it again.
 */
export function readIncomingEvent(
  input: RequestBody,
  now: number,
): { readonly event: string } | { readonly problem: Problem } {
  const read = readJsonObject(input, MAX_EVENTS_BYTES)
  if ('problem' in read) return read
  const { object } = read
  const parsed = Required.safeParse(object)
  if (!parsed.success) {
    const wrong = fieldErrors(parsed.error.issues).map(fieldErrorText).join('; ')
    return { problem: problem(400, `the event is not valid: ${wrong}`) }
  }
  if (nestsDeeperThan(object, MAX_NESTING)) {
    return { problem: problem(400, `expected at most ${MAX_NESTING} levels of nesting`) }
  }
  const timestamp = object.timestamp ?? new Date(now).toISOString()
  const event = JSON.stringify({ ...object, timestamp })
  if (Buffer.byteLength(event) > MAX_EVENT_BYTES) return { problem: tooLarge(MAX_EVENTS_BYTES) }
  return { event }
}
