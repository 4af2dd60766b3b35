import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { Log } from '../embedded/log.ts'
import { readRequestBody } from '../embedded/request-body.ts'
import {
  answerResponse,
  methodNotAllowed,
  problemResponse,
  textResponse,
} from '../embedded/responses.ts'
import { type Answer, emptyAnswer, problemAnswer } from '../relay/intake/answer.ts'
import { MAX_EVENTS_BYTES } from '../relay/intake/body.ts'
import { problem } from '../relay/intake/problem.ts'
import type { Clock } from '../relay/ports.ts'
import type { ShipperMetrics } from './metrics.ts'
import { ByteBudget } from './sources/byte-budget.ts'
import type { WithLabels } from './sources/event-text.ts'
import { type PostedEvent, readIncomingEvent } from './sources/incoming-event.ts'
import type { PostAdmission } from './sources/post-admission.ts'
import type { Spool } from './spool/spool.ts'

/** What the shipper's HTTP server needs. */
export interface AppDependencies {
  readonly spool: Pick<Spool, 'add' | 'problem'>
  readonly metrics: Pick<ShipperMetrics, 'contentType' | 'text' | 'spooled'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly isStopping: () => boolean
  readonly withLabels?: WithLabels | undefined
  /** When Kubernetes Events are watched too. */
  readonly watched?: {
    readonly admission: PostAdmission
    /** Told of an event that the watch brought first. */
    readonly onKnown: () => void
  }
}

type ShipperApp = Hono<{ Bindings: HttpBindings }>
type PostRequest = Context<{ Bindings: HttpBindings }>

/** Of events that are being read and kept: eight of the largest, or thousands of usual ones. */
const MAX_BYTES_AT_ONCE = 8 * MAX_EVENTS_BYTES

/** Takes one event a POST, whatever its path, as Flux controllers send them; and answers probes. */
export function createApp(deps: AppDependencies): ShipperApp {
  const { metrics, log } = deps
  const app: ShipperApp = new Hono()
  app.get('/healthz', () => textResponse('ok\n'))
  app.get('/readyz', async () => {
    const reason = deps.isStopping() ? 'the shipper is stopping' : await deps.spool.problem()
    return reason === undefined
      ? textResponse('ok\n')
      : problemResponse(problem('not-ready', reason))
  })
  app.get('/metrics', async () => textResponse(await metrics.text(), metrics.contentType))
  const budget = new ByteBudget(MAX_BYTES_AT_ONCE)
  app.post('*', (context) => postWithin(budget, deps, context))
  app.all('*', () => methodNotAllowed(['POST']))
  app.onError((error, { req }) => {
    log.error({ err: error, method: req.method }, 'request failed')
    return problemResponse(problem('internal', 'unexpected error; the log of the shipper has more'))
  })
  return app
}

async function postWithin(
  budget: ByteBudget,
  deps: AppDependencies,
  context: PostRequest,
): Promise<Response> {
  const bytes = mostBytes(context)
  if (!budget.take(bytes)) {
    return problemResponse(
      problem('overloaded', 'too many large events at once; send the event again'),
    )
  }
  try {
    return await postEvent(deps, context)
  } finally {
    budget.giveBack(bytes)
  }
}

/** Of an event's text; a compressed one may be as large as is allowed. */
function mostBytes({ req }: PostRequest): number {
  const length = Number(req.header('content-length') ?? Number.NaN)
  const isPlain = req.header('content-encoding') === undefined && Number.isInteger(length)
  return isPlain ? Math.min(length, MAX_EVENTS_BYTES) : MAX_EVENTS_BYTES
}

async function postEvent(deps: AppDependencies, { env, req }: PostRequest): Promise<Response> {
  const read = await readRequestBody(env.incoming, MAX_EVENTS_BYTES)
  if ('problem' in read) return problemResponse(read.problem)
  const input = { body: read.body, contentEncoding: req.header('content-encoding') }
  const incoming = readIncomingEvent(input, {
    now: deps.clock.now(),
    isNotificationController: req.header('gotk-component') !== undefined,
    withLabels: deps.withLabels,
  })
  if ('problem' in incoming) return problemResponse(incoming.problem)
  return answerResponse(await keep(deps, incoming), deps.log)
}

/** Never 429: on that Flux's event recorder gives up at once. */
async function keep(
  { spool, metrics, watched }: AppDependencies,
  { event, text }: PostedEvent,
): Promise<Answer> {
  try {
    const result = await spool.add(text, watched?.admission(event))
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
