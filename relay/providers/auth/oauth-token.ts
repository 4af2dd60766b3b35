import { z } from 'zod'
import type { HttpResponse } from '../../ports/http.ts'
import { createRedactor } from '../../redact/redact.ts'
import { classifyFailure, classifyStatus, limitWait, notApplied } from '../answers/classify.ts'
import { judgeSigned } from '../answers/clock-difference.ts'
import { parseJsonAnswer } from '../answers/json-answer.ts'
import type { Authorization, TryPorts } from '../contract.ts'
import { authorization } from '../messages/json-request.ts'
import { quotable } from '../messages/service-message.ts'
import type { Failure } from '../verdict.ts'
import type { AccessToken } from './access-tokens.ts'

/** A request for an access token: RFC 6749, section 4. */
export interface TokenRequest {
  readonly url: string
  readonly form: Readonly<Record<string, string>>
  /** The secret values of the form. An answer may repeat them. */
  readonly secrets: readonly string[]
}

/**
 * Authorizes with the access token for a credential. It is fetched when none is remembered.
 * `credential` is everything that the token depends on.
 */
export function authorizeByToken(
  credential: readonly string[],
  request: () => TokenRequest | Promise<TokenRequest>,
  tryPorts: TryPorts,
): Promise<Authorization> {
  return authorizeByFetch(credential, async () => fetchToken(await request(), tryPorts), tryPorts)
}

/** Authorizes with a token that takes more than one request to fetch. */
export async function authorizeByFetch(
  credential: readonly string[],
  fetch: () => Promise<AccessToken | Failure>,
  tryPorts: TryPorts,
): Promise<Authorization> {
  const result = await tryPorts.tokens.get(credential, fetch)
  if (result.kind !== 'token') return result
  const { token } = result
  return { kind: 'authorized', headers: authorization('Bearer', token), secrets: [token] }
}

/** A token that fits into a header. */
export const TokenText = z.string().regex(/^[\x21-\x7e]+$/)

/** The life of a token, in seconds, when the answer does not tell it. */
const SHORT_LIFE_S = 300

/** The answer with a token: RFC 6749, section 5.1. Some services write the number as a text. */
const TokenAnswer = z.object({
  access_token: TokenText,
  expires_in: z.coerce.number().min(0).max(86_400).catch(SHORT_LIFE_S),
})

/** Asks for a token. No failure shows the secrets of the request. */
export async function fetchToken(
  { url, form, secrets }: TokenRequest,
  tryPorts: TryPorts,
): Promise<AccessToken | Failure> {
  const result = await tryPorts.send({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams(form).toString(),
  })
  if (result.kind === 'response') {
    const answer = parseJsonAnswer(TokenAnswer, result.body)
    if (classifyStatus(result).kind === 'delivered' && answer) {
      const validMs = answer.expires_in * 1_000
      return { kind: 'token', token: answer.access_token, validMs }
    }
  }
  const failure = result.kind === 'failure' ? classifyFailure(result) : judgeRefusal(result)
  return noToken(url, failure, secrets)
}

/** What a failure to get a token means for the delivery. It shows no secret. */
export function noToken(url: string, failure: Failure, secrets: readonly string[]): Failure {
  const reason = createRedactor(secrets)(failure.reason)
  return notApplied({ ...failure, reason: `no access token from ${new URL(url).host}: ${reason}` })
}

/** The answer with an error: RFC 6749, section 5.2. */
const ErrorAnswer = z.object({
  error: z.string(),
  error_description: z.string().catch(''),
})

/** Errors that a new credential may correct. */
const CREDENTIAL_ERRORS: ReadonlySet<string> = new Set([
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
])

/** Temporary errors of RFC 6749, section 4.1.2.1, which token endpoints use too. */
const PASSING_ERRORS: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable'])

function judgeRefusal(response: HttpResponse): Failure {
  const verdict = classifyStatus(response)
  if (verdict.kind === 'delivered') {
    const reason = `HTTP ${response.status} without a token that can be read`
    return { kind: 'retry', reason, applied: 'no' }
  }
  const answer = parseJsonAnswer(ErrorAnswer, response.body)
  if (answer === undefined || verdict.kind === 'retry') return verdict
  const { error, error_description: description } = answer
  const said = [error, description].filter((text) => text !== '').join(': ')
  const reason = `${verdict.reason}: ${quotable(said)}`
  if (PASSING_ERRORS.has(error)) {
    return { kind: 'retry', reason, applied: 'no', ...limitWait(response) }
  }
  const failure = { kind: CREDENTIAL_ERRORS.has(error) ? 'unauthorized' : verdict.kind, reason }
  // What a JWT gets whose times are not those of the service, among others: RFC 7523, section 3.1.
  return error === 'invalid_grant' ? judgeSigned(failure, response) : failure
}
