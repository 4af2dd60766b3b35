import { z } from 'zod'
import type { CloudBindings } from '../../model/cloud-bindings.ts'
import { validMs } from '../answers/answer-time.ts'
import { classifyFailure } from '../answers/classify.ts'
import { parseJsonAnswer } from '../answers/json-answer.ts'
import { classifyServiceAnswer } from '../answers/service-answer.ts'
import type { Authorization, TryPorts } from '../contract.ts'
import { authorization, postJson } from '../messages/json-request.ts'
import type { Failure } from '../verdict.ts'
import type { AccessToken } from './access-tokens.ts'
import { proveIdentity, readBinding } from './cloud-binding.ts'
import { authorizeByFetch, fetchToken, noToken, TokenText } from './oauth-token.ts'

type GoogleBinding = NonNullable<CloudBindings['google']>

const EXCHANGE_URL = 'https://sts.googleapis.com/v1/token'

/**
 * The scope for acting as a service account. The token for that account has the scope that the type
 * asks for.
 */
const CLOUD_SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/**
 * Authorizes as the identity at Google that the deployment binds the cluster to, by workload
 * identity federation: https://cloud.google.com/iam/docs/workload-identity-federation
 */
export async function authorizeAtGoogle(
  scope: string,
  keys: string,
  tryPorts: TryPorts,
): Promise<Authorization> {
  const bound = await readBinding('google', keys, tryPorts)
  if (bound.kind !== 'bound') return bound
  const { binding } = bound
  const { audience, serviceAccount = '' } = binding
  const { cluster } = tryPorts.identities
  return authorizeByFetch(
    ['google-federation', cluster, audience, serviceAccount, scope],
    () => fetchFor(binding, scope, tryPorts),
    tryPorts,
  )
}

async function fetchFor(
  { audience, serviceAccount }: GoogleBinding,
  scope: string,
  tryPorts: TryPorts,
): Promise<AccessToken | Failure> {
  if (serviceAccount === undefined) return exchangeProof(audience, scope, tryPorts)
  const principal = await exchangeProof(audience, CLOUD_SCOPE, tryPorts)
  if (principal.kind !== 'token') return principal
  return actAs(serviceAccount, principal.token, scope, tryPorts)
}

/**
 * Exchanges the proof for a token:
 * https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
 */
async function exchangeProof(
  audience: string,
  scope: string,
  tryPorts: TryPorts,
): Promise<AccessToken | Failure> {
  const proof = await proveIdentity(audience, tryPorts)
  if (proof.kind !== 'proved') return proof
  const { jwt } = proof
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience,
    scope,
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    subject_token: jwt,
  }
  return fetchToken({ url: EXCHANGE_URL, form, secrets: [jwt] }, tryPorts)
}

const GeneratedToken = z.object({ accessToken: TokenText, expireTime: z.string().catch('') })

/**
 * Fetches the token of a service account:
 * https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
 */
async function actAs(
  serviceAccount: string,
  principalToken: string,
  scope: string,
  tryPorts: TryPorts,
): Promise<AccessToken | Failure> {
  const account = encodeURIComponent(serviceAccount)
  const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${account}:generateAccessToken`
  const headers = authorization('Bearer', principalToken)
  const result = await tryPorts.send(postJson(url, { scope: [scope] }, headers))
  const fail = (failure: Failure) => noToken(url, failure, [principalToken])
  if (result.kind === 'failure') return fail(classifyFailure(result))
  const verdict = classifyServiceAnswer(result)
  if (verdict.kind !== 'delivered') return fail(verdict)
  const made = parseJsonAnswer(GeneratedToken, result.body)
  if (made === undefined) {
    const reason = `HTTP ${result.status} without a token that can be read`
    return fail({ kind: 'retry', reason, applied: 'no' })
  }
  return { kind: 'token', token: made.accessToken, validMs: validMs(made.expireTime, result) }
}
