import { z } from 'zod'
import { ClusterName } from '../model/config.ts'
import { fieldErrors } from '../model/errors.ts'
import type { ExplainOptions } from '../pipeline/explain/explain.ts'
import { type Answer, problemAnswer } from './answer.ts'
import { badParameters, readParameters } from './query-parameters.ts'
import { type EventPorts, showEvent } from './show-event.ts'

const EventPath = z.object({
  id: z.string().regex(/^[\w-]{1,128}$/, 'expected the id of an event, or its beginning'),
})

const EventQuery = z.object({ cluster: ClusterName.optional() })

/** `showEvent` of the id in a path and the parameters of a query. */
export async function answerEvent(
  ports: EventPorts,
  id: string,
  parameters: Iterable<readonly [string, string]>,
  options: ExplainOptions,
): Promise<Answer> {
  const path = EventPath.safeParse({ id })
  if (!path.success) return problemAnswer(badParameters(fieldErrors(path.error.issues)))
  const query = readParameters(EventQuery, parameters)
  if ('problem' in query) return problemAnswer(query.problem)
  const { cluster } = query.data
  return showEvent(ports, { event: path.data.id, ...(cluster && { cluster }) }, options)
}
