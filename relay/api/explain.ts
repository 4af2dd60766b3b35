import { z } from 'zod'
import { ClusterName } from '../model/config.ts'
import { type FieldError, fieldErrors, fieldErrorText } from '../model/errors.ts'
import type { AcceptedEvent } from '../model/queue-messages.ts'
import { accept } from '../pipeline/accept.ts'
import {
  type ExplainOptions,
  type ExplainPorts,
  explainEvent,
} from '../pipeline/explain/explain.ts'
import { compileWithFleet } from '../pipeline/fleet.ts'
import {
  createActiveSilences,
  type KnownSilences,
  NO_KNOWN_SILENCES,
} from '../pipeline/silences/active-silences.ts'
import { noPause } from '../pipeline/slices.ts'
import type { OrderTimes } from '../ports/order-times.ts'
import type { Ports } from '../ports/ports.ts'
import { type Answer, jsonAnswer, problemAnswer } from './answer.ts'
import { MAX_EVENT_VALUES, type RequestBody, readJsonObject } from './body.ts'
import { type Problem, problem } from './problem.ts'

/** Most bytes of an event to explain, packed or not. */
export const MAX_EXPLAIN_BYTES = 1024 * 1024

const LIMITS = { bytes: MAX_EXPLAIN_BYTES, values: MAX_EVENT_VALUES }

/** The event itself is read as those that clusters send. */
const Body = z.object({
  cluster: ClusterName,
  event: z.record(z.string(), z.unknown()),
  objectLabels: z.record(z.string(), z.string()).nullish(),
})

/**
 * Says what each Alert of a cluster does with an event: 200 `{cluster, revision, verdicts}`, 400 for a body
 * that is not valid, or 404 for a cluster without configuration. Nothing is sent or kept. Rejects when a
 * store fails.
 */
export async function explain(
  ports: Pick<Ports, 'configs' | 'secrets' | 'clock'> & Pick<ExplainPorts, 'told'>,
  request: RequestBody,
  options: ExplainOptions,
): Promise<Answer> {
  const read = readEvent(request, ports.clock.now())
  if ('problem' in read) return problemAnswer(read.problem)
  const { cluster } = read.event
  const snapshot = await ports.configs.read(cluster)
  if (typeof snapshot !== 'object') {
    return problemAnswer(problem('no-config', `the cluster ${cluster} has no configuration yet`))
  }
  const table = await compileWithFleet(snapshot, ports.configs, options.pause ?? noPause)
  const silences = await silencesOf(ports, cluster, options)
  const asked = { ...options, silences }
  const verdicts = await explainEvent(ports, { snapshot, table }, read.event, asked)
  return jsonAnswer(200, { cluster, revision: snapshot.revision, verdicts })
}

async function silencesOf(
  { told, clock }: Pick<ExplainPorts, 'told' | 'clock'>,
  cluster: string,
  { mayLackRights = false }: ExplainOptions,
): Promise<KnownSilences> {
  if (told === undefined) return NO_KNOWN_SILENCES
  try {
    return await createActiveSilences({ state: told.state, clock }).of(cluster)
  } catch (error) {
    if (!mayLackRights) throw error
    return { silences: [], problems: [`its silences cannot be read: ${String(error)}`] }
  }
}

function readEvent(
  request: RequestBody,
  now: number,
): { readonly event: AcceptedEvent } | { readonly problem: Problem } {
  const read = readJsonObject(request, LIMITS)
  if ('problem' in read) return read
  const parsed = Body.safeParse(read.object)
  if (!parsed.success) return { problem: notValid(fieldErrors(parsed.error.issues)) }
  const { cluster, event, objectLabels } = parsed.data
  const sender = { cluster, isNotificationController: false, isController: true }
  // An event of a batch is one of an object with a namespace; with labels there is no other form.
  const value = objectLabels ? { event, objectLabels } : event
  const { events, rejected } = accept([{ value }], sender, now, NO_ORDER)
  const [accepted] = events
  if (accepted) return { event: accepted }
  return { problem: notValid([{ field: 'event', message: rejected[0]?.error ?? 'not valid' }]) }
}

/** What is not queued has no place among other events. */
const NO_ORDER: OrderTimes = { next: ({ now }) => now }

function notValid(errors: readonly FieldError[]): Problem {
  const [first] = errors
  return problem('not-valid', first ? fieldErrorText(first) : 'not valid', { errors })
}
