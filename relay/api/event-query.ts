import { z } from 'zod'
import { ClusterName } from '../model/config.ts'
import { fieldErrors } from '../model/errors.ts'
import type { ExplainOptions } from '../pipeline/explain/explain.ts'
import { type Answer, problemAnswer } from './answer.ts'
import { badParameters } from './delivery-query.ts'
import { type EventPorts, showEvent } from './show-event.ts'

const EventQuery = z.strictObject({
  id: z.string().regex(/^[\w-]{1,128}$/, 'expected the id of an event, or its beginning'),
  cluster: ClusterName.optional(),
})

/** `showEvent` of the id in a path and the parameters of a query. */
export async function answerEvent(
  ports: EventPorts,
  id: string,
  parameters: Iterable<readonly [string, string]>,
  options: ExplainOptions,
): Promise<Answer> {
  const parsed = EventQuery.safeParse({ ...Object.fromEntries(parameters), id })
  if (!parsed.success) return problemAnswer(badParameters(fieldErrors(parsed.error.issues)))
  const { id: event, cluster } = parsed.data
  return showEvent(ports, { event, ...(cluster && { cluster }) }, options)
}
