import { type Awaitable, whenThere } from '../model/awaitable.ts'
import { type Answer, problemAnswer } from './answer.ts'
import { basicCredentials, bearerToken, signatureMatches, tokenHashMatches } from './credentials.ts'
import { headerOf } from './http.ts'
import type { PendingCall } from './pending-call.ts'
import { problem } from './problem.ts'
import type {
  AnySender,
  ClusterCredentials,
  Operator,
  ProofResult,
  ProvenSenders,
  Senders,
} from './senders.ts'

/** The reason why a call is refused. */
export interface Refusal {
  readonly answer: Answer
  /** Present for a sender without the right credential. */
  readonly sender?: {
    /** The cluster that the sender claims to be, if there is one of that name. */
    readonly cluster: string | undefined
  }
}

/**
 * Checks whether the sender of a call may use its route, and sets the call's cluster and whether a
 * signature proves it. Gives the reason when the sender may not. Rejects when credentials or
 * clusters cannot be read.
 */
export function admit(senders: Senders, call: PendingCall): Awaitable<Refusal | undefined> {
  const { access } = call.route
  if (access === 'anyone') return undefined
  if (senders.kind === 'any') return admitAny(senders, call)
  switch (access) {
    case 'signing-cluster':
      return admitSigning(senders, call)
    case 'any-cluster':
      return admitNamed(senders, call)
    default:
      return admitBearer(senders, call, access)
  }
}

/** Admits a sender without credentials, if its cluster exists. */
function admitAny(senders: AnySender, call: PendingCall): Awaitable<Refusal | undefined> {
  const { cluster: own } = senders
  const { access } = call.route
  if (access === 'any-cluster') call.cluster = own
  if (access !== 'signing-cluster') return undefined
  const { cluster } = call
  return whenThere(senders.isKnown(cluster), (isKnown) =>
    isKnown ? undefined : unknownCluster(cluster, own),
  )
}

function unknownCluster(cluster: string, own: string): Refusal {
  const detail = `there is no cluster ${cluster}; this relay's own is ${own}, and PUT /v1/clusters/${cluster}/config adds one`
  return { answer: problemAnswer(problem('unknown-cluster', detail)) }
}

/**
 * Admits a sender with a token, a signature or both, each of which must be right. The body is read
 * only for a signature.
 */
async function admitSigning(
  { clusters, unproven }: ProvenSenders,
  call: PendingCall,
): Promise<Refusal | undefined> {
  const { cluster, request } = call
  const token = bearerToken(headerOf(request, 'authorization'))
  const signature = headerOf(request, 'x-signature')
  const signs = async (given: string, keys: ClusterCredentials['keys']) => {
    const read = await call.readUnproven(unproven)
    call.isSigned = 'body' in read && signatureMatches(given, read.body, await keys())
    return call.isSigned
  }
  const result = await clusters.judge(cluster, ({ hashes, keys }) => {
    if (token !== undefined && tokenHashMatches(token, hashes)) return true
    return signature !== undefined && signs(signature, keys)
  })
  if (result === 'allowed') return undefined
  const read = signature === undefined ? undefined : await call.readUnproven(unproven)
  if (read !== undefined && 'problem' in read) return { answer: problemAnswer(read.problem) }
  const expected = `a token of the cluster ${cluster} as Authorization: Bearer, or X-Signature: sha256=<hex>`
  return unauthorized(result, cluster, expected)
}

/**
 * Admits a sender as the cluster of its credential. That is `Basic` with the cluster as user, which
 * Go's client sends for `http://cluster:token@relay/`, or a bearer token, which only one cluster
 * has.
 */
async function admitNamed(
  { clusters, clusterOfToken }: ProvenSenders,
  call: PendingCall,
): Promise<Refusal | undefined> {
  const authorization = headerOf(call.request, 'authorization')
  const expected = 'a cluster as user and its token as password, or Authorization: Bearer'
  const basic = basicCredentials(authorization)
  if (basic) {
    const { user, password } = basic
    const result = await clusters.judge(user, ({ hashes }) => tokenHashMatches(password, hashes))
    if (result !== 'allowed') return unauthorized(result, user, expected, BASIC_TOO)
    call.cluster = user
    return undefined
  }
  const token = bearerToken(authorization)
  const cluster = token === undefined ? undefined : clusterOfToken?.(token)
  if (cluster === undefined) return unauthorized('unknown', '', expected, BASIC_TOO)
  call.cluster = cluster
  return undefined
}

async function admitBearer(
  { clusters, operatorOf }: ProvenSenders,
  call: PendingCall,
  access: 'cluster' | 'viewer' | 'operator' | 'cluster-or-viewer',
): Promise<Refusal | undefined> {
  const { cluster } = call
  const isForOperators = access === 'viewer' || access === 'operator'
  const token = bearerToken(headerOf(call.request, 'authorization'))
  const result = isForOperators
    ? 'unknown'
    : await clusters.judge(
        cluster,
        ({ hashes }) => token !== undefined && tokenHashMatches(token, hashes),
      )
  if (result === 'allowed') return undefined
  const hasOperators = access !== 'cluster' && operatorOf !== undefined
  const operator = hasOperators && token !== undefined ? operatorOf(token) : undefined
  if (operator !== undefined) {
    call.operator = operator
    return access === 'operator' && operator.role === 'viewer' ? viewerOnly(operator) : undefined
  }
  const owners = [
    ...(isForOperators ? [] : [`the cluster ${cluster}`]),
    ...(hasOperators || isForOperators ? ['an operator'] : []),
  ]
  const expected = `Authorization: Bearer with a token of ${owners.join(' or ')}`
  return unauthorized(result, cluster, expected)
}

/** A 403 for a viewer who asks for a change. */
function viewerOnly({ name = 'this token' }: Operator): Refusal {
  const detail = `${name} has the role viewer, which changes nothing; use a token of the role operator`
  return { answer: problemAnswer(problem('viewer-only', detail)) }
}

/** The header of a 401: RFC 9110, section 15.5.2. */
const BEARER = { 'WWW-Authenticate': 'Bearer' }
const BASIC_TOO = { 'WWW-Authenticate': 'Bearer, Basic realm="flux-relay"' }

/** A 401 that tells which credential was expected. It must not tell whether the cluster exists. */
function unauthorized(
  result: Exclude<ProofResult, 'allowed'>,
  cluster: string,
  expected: string,
  headers: Readonly<Record<string, string>> = BEARER,
): Refusal {
  const answer = { ...problemAnswer(problem('unauthorized', `expected ${expected}`)), headers }
  return { answer, sender: { cluster: result === 'refused' ? cluster : undefined } }
}
