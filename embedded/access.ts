import type { Access as OperationAccess } from '../relay/api/operations.ts'
import {
  basicCredentials,
  bearerToken,
  NOBODYS_TOKENS,
  tokenMatches,
} from '../relay/intake/credentials.ts'
import { type Problem, problem } from '../relay/intake/problem.ts'
import type { Tokens } from './tokens.ts'

/** Who may use a route: as the operations of the API, or anyone. */
export type Access = OperationAccess | 'anyone'

/** What a request says about its sender. */
export interface Claim {
  readonly authorization: string | undefined
  /** The cluster in its path; empty without one. */
  readonly cluster: string
}

/** Why the sender may not use a route of this access. Without tokens everyone may. */
export function accessProblem(
  tokens: Tokens | undefined,
  access: Access,
  claim: Claim,
): Problem | undefined {
  if (tokens === undefined) return undefined
  // Routes of events look at more than a token, and judge it themselves.
  if (access === 'anyone' || access === 'signing-cluster' || access === 'any-cluster') {
    return undefined
  }
  const isAllowed = {
    operator: () => isOperator(tokens, claim),
    cluster: () => isCluster(tokens, claim),
    'cluster-or-operator': () => isCluster(tokens, claim) || isOperator(tokens, claim),
  }[access]
  return isAllowed() ? undefined : unauthorized(expectedToken(access, claim.cluster))
}

/** 401: which credential was expected. It must not tell whether the cluster exists. */
export function unauthorized(expected: string): Problem {
  return problem('unauthorized', `expected ${expected}`)
}

/** Whether the request bears a token of the cluster in its path. */
export function isCluster(tokens: Tokens, { authorization, cluster }: Claim): boolean {
  return bearerMatches(authorization, tokensOf(tokens, cluster))
}

/** The cluster's tokens; those of nobody for an unknown cluster. */
export function tokensOf(tokens: Tokens, cluster: string) {
  return tokens.clusters.get(cluster) ?? NOBODYS_TOKENS
}

/**
 * The cluster that a request without one in its path is from: `Basic` with the cluster as user, as
 * Go's client sends for `http://cluster:token@relay/`, or a bearer token, which only one has.
 */
export function clusterOfSender(
  tokens: Tokens,
  authorization: string | undefined,
): string | undefined {
  const basic = basicCredentials(authorization)
  if (basic) {
    const { user, password } = basic
    return tokenMatches(password, tokensOf(tokens, user)) ? user : undefined
  }
  const bearer = bearerToken(authorization)
  if (bearer === undefined) return undefined
  // Every cluster is asked, so the time does not tell which one it is.
  const matching = [...tokens.clusters].filter(([, own]) => tokenMatches(bearer, own))
  return matching[0]?.[0]
}

function isOperator(tokens: Tokens, { authorization }: Claim): boolean {
  return bearerMatches(authorization, tokens.operators)
}

function bearerMatches(authorization: string | undefined, tokens: readonly string[]): boolean {
  const token = bearerToken(authorization)
  return token !== undefined && tokenMatches(token, tokens)
}

function expectedToken(access: 'operator' | 'cluster' | 'cluster-or-operator', cluster: string) {
  const owner = {
    operator: 'an operator',
    cluster: `the cluster ${cluster}`,
    'cluster-or-operator': `the cluster ${cluster} or an operator`,
  }[access]
  return `Authorization: Bearer with a token of ${owner}`
}
