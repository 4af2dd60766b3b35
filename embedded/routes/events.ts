import { MAX_EVENTS_BYTES } from '../../relay/intake/body.ts'
import { basicCredentials, signatureMatches } from '../../relay/intake/credentials.ts'
import { type Problem, problem } from '../../relay/intake/problem.ts'
import { type EventsRequest, receiveEvents } from '../../relay/intake/receive-events.ts'
import { type Claim, clusterOfSender, isCluster, tokensOf, unauthorized } from '../access.ts'
import { type IsKnownCluster, knownClusters } from '../known-clusters.ts'
import { createRefusedSenders, type RefusedSender } from '../refused-senders.ts'
import { readRequestBody } from '../request-body.ts'
import { answerResponse, problemResponse } from '../responses.ts'
import { type RequestContext, type Route, routeOf, type ServerDependencies } from '../route.ts'
import type { Tokens } from '../tokens.ts'
import { createUnprovenBodies, type TakeBytes, type UnprovenBodies } from '../unproven-bodies.ts'

/** Takes events: batches of a cluster, and one event at a time as notification-controller does. */
export function eventRoutes(deps: ServerDependencies): readonly Route[] {
  const isKnown = knownClusters(deps.cluster, deps.ports.configs)
  const unproven = createUnprovenBodies()
  const tell = createRefusedSenders({ ...deps, clock: deps.ports.clock })
  return [
    routeOf('postEvents', (context) =>
      telling(deps, tell, context, postEvents(deps, isKnown, unproven, context)),
    ),
    routeOf('postEvent', (context) => telling(deps, tell, context, postEvent(deps, context))),
  ]
}

async function telling(
  { tokens }: ServerDependencies,
  tell: (sender: RefusedSender) => void,
  { req, env }: RequestContext,
  answer: Promise<Response>,
): Promise<Response> {
  const response = await answer
  if (response.status !== 401) return response
  // A name that is none of a cluster may be a token in the wrong place.
  const claimed = req.param('cluster') ?? basicCredentials(req.header('authorization'))?.user
  const cluster = claimed !== undefined && tokens?.clusters.has(claimed) ? claimed : undefined
  tell({ cluster, address: env.incoming.socket.remoteAddress, path: req.routePath })
  return response
}

async function postEvents(
  deps: ServerDependencies,
  isKnown: IsKnownCluster,
  unproven: UnprovenBodies,
  context: RequestContext,
): Promise<Response> {
  const { tokens } = deps
  const cluster = context.req.param('cluster') ?? ''
  if (tokens === undefined) {
    if (!(await isKnown(cluster))) return problemResponse(unknownCluster(cluster, deps.cluster))
    return receive(deps, context, { cluster, events: 'any', isSigned: false })
  }
  const claim = { cluster, authorization: context.req.header('authorization') }
  if (isCluster(tokens, claim)) {
    return receive(deps, context, { cluster, events: 'any', isSigned: false })
  }
  return postSignedEvents(deps, tokens, claim, unproven, context)
}

async function postSignedEvents(
  deps: ServerDependencies,
  tokens: Tokens,
  { cluster }: Claim,
  unproven: UnprovenBodies,
  context: RequestContext,
): Promise<Response> {
  const refused = unauthorized(
    `a token of the cluster ${cluster} as Authorization: Bearer, or X-Signature: sha256=<hex>`,
  )
  const signature = context.req.header('x-signature')
  if (signature === undefined) return problemResponse(refused)
  const isSender = (body: Uint8Array) =>
    signatureMatches(signature, body, tokensOf(tokens, cluster)) ? undefined : refused
  const body = unproven.open(context.env.incoming.socket.remoteAddress ?? '')
  try {
    const sender = { cluster, events: 'any', isSigned: true } as const
    return await receive(deps, context, sender, { isSender, take: body.take })
  } finally {
    body.close()
  }
}

async function postEvent(deps: ServerDependencies, context: RequestContext): Promise<Response> {
  const cluster =
    deps.tokens === undefined
      ? deps.cluster
      : clusterOfSender(deps.tokens, context.req.header('authorization'))
  if (cluster === undefined) {
    const expected = 'a cluster as user and its token as password, or Authorization: Bearer'
    return problemResponse(unauthorized(expected), {
      'WWW-Authenticate': 'Bearer, Basic realm="flux-relay"',
    })
  }
  return receive(deps, context, { cluster, events: 'one', isSigned: false })
}

function unknownCluster(cluster: string, own: string): Problem {
  return problem(
    'unknown-cluster',
    `there is no cluster ${cluster}; this relay's own is ${own}, and PUT /v1/clusters/${cluster}/config adds one`,
  )
}

/** A sender who is proven by the body alone. */
interface UnprovenSender {
  readonly take: TakeBytes
  /** Why it is none; undefined when it is. */
  isSender(body: Uint8Array): Problem | undefined
}

/** Bodies of more bytes are judged in one turn of the event loop, and read in the next. */
const LARGE_BODY_BYTES = 256 * 1024

async function receive(
  { ports, gate, metrics, log }: ServerDependencies,
  context: RequestContext,
  sender: Pick<EventsRequest, 'cluster' | 'events' | 'isSigned'>,
  unproven?: UnprovenSender,
): Promise<Response> {
  const read = await readRequestBody(context.env.incoming, MAX_EVENTS_BYTES, unproven?.take)
  if ('problem' in read) return problemResponse(read.problem)
  await gate.begin(sender.cluster)
  const refused = unproven?.isSender(read.body)
  if (refused) return problemResponse(refused)
  const pause = () => new Promise<void>(gate.goOn)
  // What signs a large body takes as long as reading it.
  if (read.body.byteLength > LARGE_BODY_BYTES) await pause()
  const answer = await receiveEvents(
    ports,
    {
      ...sender,
      body: read.body,
      contentEncoding: context.req.header('content-encoding'),
      contentType: context.req.header('content-type'),
      gotkComponent: context.req.header('gotk-component'),
    },
    pause,
  )
  metrics.received(sender.cluster, answer.counts)
  return answerResponse(answer, log)
}
