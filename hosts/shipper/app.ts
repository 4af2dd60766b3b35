import { type Answer, emptyAnswer, problemAnswer } from '../../relay/api/answer.ts'
import { MAX_EVENTS_BYTES } from '../../relay/api/body.ts'
import { createEdge, type Edge } from '../../relay/api/edge.ts'
import { headerOf } from '../../relay/api/http.ts'
import { problem } from '../../relay/api/problem.ts'
import type { Call, Route } from '../../relay/api/route.ts'
import type { AnySender } from '../../relay/api/senders.ts'
import type { JsonObject } from '../../relay/model/json-value.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Log } from '../kit/log.ts'
import { probeRoutes } from '../kit/probes.ts'
import type { ShipperMetrics } from './metrics.ts'
import { createRefusedPosts, type RefusedPost } from './refused-posts.ts'
import { ByteBudget } from './sources/byte-budget.ts'
import type { WithLabels } from './sources/event-text.ts'
import { type FluxPost, readIncomingEvent } from './sources/incoming-event.ts'
import type { PostAdmission } from './sources/post-admission.ts'
import type { Spool } from './spool/spool.ts'

/** What the shipper's HTTP server needs. */
export interface AppDependencies {
  readonly spool: Pick<Spool, 'add' | 'problem'>
  readonly metrics: Pick<ShipperMetrics, 'contentType' | 'text' | 'spooled' | 'postRefused'>
  readonly clock: Pick<Clock, 'now' | 'elapsed'>
  readonly log: Log
  readonly isStopping: () => boolean
  readonly withLabels?: WithLabels | undefined
  /** Called for each event that is new, within the write that stores it. */
  readonly noted?: ((event: JsonObject) => void) | undefined
  /** Present when Kubernetes Events are watched too. */
  readonly watched?: {
    readonly admission: PostAdmission
    /** Called for a posted event that the watch had brought before. */
    readonly onKnown: () => void
  }
}

/**
 * The most bytes of events that are read and stored at once: eight of the largest events, or
 * thousands of ordinary ones.
 */
const MAX_BYTES_AT_ONCE = 8 * MAX_EVENTS_BYTES

/** The shipper accepts any sender: whoever reaches it is in its cluster. */
const ANYONE: AnySender = { kind: 'any', cluster: '', isKnown: () => true }

/** Takes one event per POST, on any path, as Flux controllers send them. Also answers probes. */
export function createApp(deps: AppDependencies): Edge {
  const { metrics, log } = deps
  const ready = () => (deps.isStopping() ? 'the shipper is stopping' : deps.spool.problem())
  const refused = createRefusedPosts(deps)
  return createEdge({
    routes: [...probeRoutes({ ready, metrics }), postRoute(deps, refused)],
    senders: ANYONE,
    onRefused({ problem, method, address, isCutOff }) {
      if (method === 'POST' || method === '')
        refused(problem, { remoteAddress: address, isCutOff: isCutOff === true })
    },
    isStoreFailure: () => false,
    onFailure: ({ cause, ...request }) => log.error({ err: cause, ...request }, 'request failed'),
  })
}

function postRoute(deps: AppDependencies, refused: RefusedPost): Route {
  const budget = new ByteBudget(MAX_BYTES_AT_ONCE)
  return {
    ...{ method: 'POST', path: '*', access: 'anyone', maxBodyBytes: MAX_EVENTS_BYTES },
    async handle(call) {
      const answer = await postWithin(budget, deps, call)
      if (answer.problem) refused(answer.problem, call.request)
      return answer
    },
  }
}

async function postWithin(budget: ByteBudget, deps: AppDependencies, call: Call): Promise<Answer> {
  const bytes = mostBytes(call)
  if (!budget.take(bytes)) {
    return problemAnswer(
      problem('overloaded', 'too many large events at once; send the event again'),
    )
  }
  try {
    return await postEvent(deps, call)
  } finally {
    budget.giveBack(bytes)
  }
}

/**
 * The most bytes that the text of an event takes. A compressed one may be as large as is allowed.
 */
function mostBytes({ request }: Call): number {
  const length = Number(headerOf(request, 'content-length') ?? Number.NaN)
  const isPlain = headerOf(request, 'content-encoding') === undefined && Number.isInteger(length)
  return isPlain ? Math.min(length, MAX_EVENTS_BYTES) : MAX_EVENTS_BYTES
}

async function postEvent(deps: AppDependencies, call: Call): Promise<Answer> {
  const read = await call.readBody()
  if ('problem' in read) return problemAnswer(read.problem)
  const { request } = call
  const input = { body: read.body, contentEncoding: headerOf(request, 'content-encoding') }
  const incoming = readIncomingEvent(input, {
    now: deps.clock.now(),
    isNotificationController: headerOf(request, 'gotk-component') !== undefined,
    withLabels: deps.withLabels,
  })
  if ('problem' in incoming) return problemAnswer(incoming.problem)
  return keep(deps, incoming)
}

/** Stores an event. Never answers 429, after which Flux's event recorder gives up at once. */
async function keep(
  { spool, metrics, watched, noted }: AppDependencies,
  { event, text }: FluxPost,
): Promise<Answer> {
  const admitted = watched?.admission(event)
  const admit: typeof admitted = (write) => {
    const novelty = admitted?.(write) ?? 'new'
    if (novelty !== 'known') noted?.(event)
    return novelty
  }
  try {
    const result = await spool.add(text, admit)
    if (result === 'full') {
      return problemAnswer(problem('overloaded', 'the spool is full; send the event again'))
    }
    if (result === 'spooled') metrics.spooled(1)
    else watched?.onKnown()
    return emptyAnswer(202)
  } catch (cause) {
    return problemAnswer(problem('not-stored', 'the event could not be kept; send it again'), cause)
  }
}
