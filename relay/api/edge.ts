import { ClusterName } from '../model/config.ts'
import { admit } from './admission.ts'
import { type Answer, problemAnswer, unavailableAnswer } from './answer.ts'
import type { BodyRoom, EdgeRequest, EdgeResponse } from './http.ts'
import { PendingCall } from './pending-call.ts'
import { type Problem, problem } from './problem.ts'
import { provenCluster, type RefusedRequest } from './refused-request.ts'
import type { Route } from './route.ts'
import { createRouter } from './router.ts'
import type { Senders } from './senders.ts'

/** The failure behind a 500 or 503. */
export interface EdgeFailure {
  readonly cause: unknown
  readonly status: number
  readonly method: string
  /** The path of the route, with its parameters in braces. */
  readonly path: string
}

/** What the edge needs from its host. */
export interface EdgeParts {
  readonly routes: readonly Route[]
  readonly senders: Senders
  /** The memory for large bodies, by their cluster. Absent when the host has read the body before it asks. */
  readonly bodies?: BodyRoom
  /** Returns why a request is refused before anything else is checked; undefined when it is not. */
  readonly guard?: ((request: EdgeRequest) => Problem | undefined) | undefined
  /** Whether an error comes from a store, so that the same request may succeed later. */
  isStoreFailure(error: unknown): boolean
  onFailure(failure: EdgeFailure): void
  /** Called for each request that is refused, except by the answer to a probe. */
  readonly onRefused?: (refused: RefusedRequest) => void
}

/** The HTTP interface of the relay, on any transport. */
export interface Edge {
  /** Never rejects. */
  handle(request: EdgeRequest): Promise<EdgeResponse>
  /** Refuses a request that names no valid host or path, or one that is not valid in the way that `detail` says. */
  misaddressed(
    request: Pick<EdgeRequest, 'method' | 'remoteAddress'>,
    detail?: string,
  ): EdgeResponse
  /** Tells the host of a response that its transport could not send, and why. */
  unsent(request: Pick<EdgeRequest, 'method' | 'path'>, cause: unknown): void
}

/**
 * Makes the interface for a route table. It checks access and limits, and answers refusals with a
 * problem document.
 */
export function createEdge(parts: EdgeParts): Edge {
  const { guard } = parts
  const router = createRouter(parts.routes)
  return {
    async handle(request) {
      const foreign = guard?.(request)
      if (foreign) return refuse(parts, request, problemAnswer(foreign))
      const found = router.find(request.method, pathOf(request))
      if (found === undefined) {
        const unknown = problem('unknown-path', 'there is nothing at this path')
        return refuse(parts, request, problemAnswer(unknown))
      }
      if ('allow' in found) return refuse(parts, request, wrongMethod(found.allow))
      const call = new PendingCall(request, found.route, found.parameters, parts.bodies)
      try {
        return await answerTo(parts, call)
      } catch (cause) {
        return refuse(parts, request, failed(parts, call, cause), call.route)
      } finally {
        call.end()
      }
    },
    misaddressed(request, detail = 'expected a valid Host and path') {
      return refuse(parts, request, problemAnswer(problem('bad-request', detail)))
    },
    unsent({ method, path: asked }, cause) {
      const found = router.find(method, asked)
      // What was asked may hold a secret, where a route has a parameter.
      const path = found !== undefined && 'route' in found ? found.route.path : ''
      parts.onFailure({ cause, status: 500, method, path })
    },
  }
}

/**
 * The path of a request. In a POST, several slashes count as one, and a slash at the end is
 * dropped. People who type an address write such paths, and a sender of events that gets a 404
 * loses them. Other servers redirect there, which Flux's event recorder follows with a GET.
 */
function pathOf({ method, path }: EdgeRequest): string {
  if (method !== 'POST') return path
  const plain = path.includes('//') ? path.replace(/\/{2,}/g, '/') : path
  return plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain
}

async function answerTo(parts: EdgeParts, call: PendingCall): Promise<EdgeResponse> {
  const { request, route } = call
  const misnamed = clusterProblem(call.parameters.cluster)
  if (misnamed) return refuse(parts, request, problemAnswer(misnamed), route)
  const admitting = admit(parts.senders, call)
  const refused = admitting instanceof Promise ? await admitting : admitting
  if (refused) return refuse(parts, request, refused.answer, route, refused.sender?.cluster)
  const answer = await route.handle(call)
  if (answer.cause !== undefined) tell(parts, call, answer.cause, answer.status)
  if (answer.problem === undefined) return responseOf(answer)
  return refuse(parts, request, answer, route, provenCluster(parts.senders, call))
}

/** The response that refuses a request, of which the host is told. `cluster`: if there is such a one. */
function refuse(
  { onRefused }: EdgeParts,
  request: Pick<EdgeRequest, 'method' | 'remoteAddress' | 'isCutOff'>,
  answer: Answer,
  route?: Route,
  cluster?: string,
): EdgeResponse {
  const { problem } = answer
  if (problem && route?.access !== 'anyone') {
    const { method, remoteAddress: address, isCutOff } = request
    onRefused?.({
      problem,
      method,
      path: route?.path,
      cluster,
      address,
      ...(isCutOff && { isCutOff }),
    })
  }
  return responseOf(answer)
}

function clusterProblem(cluster: string | undefined): Problem | undefined {
  const name = cluster === undefined ? undefined : ClusterName.safeParse(cluster)
  if (name?.success !== false) return undefined
  return problem('bad-parameter', `cluster: ${name.error.issues[0]?.message}`)
}

/** What failed is the host's to know, and never the sender's. */
function failed(parts: EdgeParts, call: PendingCall, cause: unknown): Answer {
  const answer = parts.isStoreFailure(cause)
    ? unavailableAnswer('a store or service of the relay failed; send the request again', cause)
    : problemAnswer(problem('internal', 'unexpected error; see the log of the relay'))
  tell(parts, call, cause, answer.status)
  return answer
}

function tell(parts: EdgeParts, call: PendingCall, cause: unknown, status: number): void {
  parts.onFailure({ cause, status, method: call.request.method, path: call.route.path })
}

/** 405 with the methods that the path has (RFC 9110, section 15.5.6). */
function wrongMethod(methods: readonly string[]): Answer {
  const allow = methods.join(', ')
  return {
    ...problemAnswer(problem('wrong-method', `expected ${allow}`)),
    headers: { Allow: allow },
  }
}

function responseOf({
  status,
  contentType,
  body,
  stream,
  retryAfterS,
  headers,
}: Answer): EdgeResponse {
  return {
    status,
    headers: {
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...(contentType !== undefined && { 'Content-Type': contentType }),
      ...(retryAfterS !== undefined && { 'Retry-After': `${retryAfterS}` }),
      ...headers,
    },
    body,
    ...(stream && { stream }),
  }
}
