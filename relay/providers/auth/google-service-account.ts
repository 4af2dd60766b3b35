import type { KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { z } from 'zod'
import { parseJson } from '../answers/json-answer.ts'
import type { Authorization, Exchange } from '../contract.ts'
import { authorizeByToken } from './oauth-token.ts'
import { readRsaKey } from './rsa-key.ts'

/** A service account, which proves who it is by a key of its own. */
export interface GoogleServiceAccount {
  readonly email: string
  readonly keyId: string
  readonly privateKey: KeyObject
  readonly privateKeyPem: string
}

interface Problem {
  readonly problem: string
}

/** Where tokens come from; never where a Secret says. */
const TOKEN_URL = 'https://oauth2.googleapis.com/token'

const KeyFile = z.object({
  type: z.string().catch(''),
  client_email: z.string().catch(''),
  private_key: z.string().catch(''),
  private_key_id: z.string().catch(''),
  token_uri: z.string().catch(TOKEN_URL),
})

/**
 * Reads the JSON of a service account key. Other kinds of credentials name URLs to fetch or files to
 * read, which a tenant's Secret must not make the relay do:
 * https://cloud.google.com/docs/authentication/external/externally-sourced-credentials
 */
export function parseServiceAccount(text: string): GoogleServiceAccount | Problem {
  const file = parseJson(KeyFile, text)
  if (file === undefined) return { problem: 'expected the JSON of a Google service account key' }
  if (file.type !== 'service_account') {
    return { problem: 'the type of the credential must be service_account; no other is taken' }
  }
  if (file.token_uri !== TOKEN_URL) {
    return { problem: `the token_uri of the service account key must be ${TOKEN_URL}` }
  }
  if (file.client_email === '') return { problem: 'the service account key has no client_email' }
  const privateKey = readRsaKey(file.private_key)
  if (privateKey === undefined) {
    return { problem: 'the private_key of the service account key is no RSA key in PEM form' }
  }
  return {
    email: file.client_email,
    keyId: file.private_key_id,
    privateKey,
    privateKeyPem: file.private_key,
  }
}

/** The longest that Google allows, in seconds; the token lives as long. */
const VALID_FOR_S = 3_600

/**
 * Authorizes as the service account:
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
export function authorizeServiceAccount(
  account: GoogleServiceAccount,
  scope: string,
  exchange: Exchange,
): Promise<Authorization> {
  const { email, privateKeyPem } = account
  return authorizeByToken(
    ['google-service-account', email, privateKeyPem, scope],
    async () => {
      const assertion = await assertionOf(account, scope, exchange.clock)
      const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
      return { url: TOKEN_URL, form, secrets: [assertion] }
    },
    exchange,
  )
}

function assertionOf(
  { email, keyId, privateKey }: GoogleServiceAccount,
  scope: string,
  clock: Exchange['clock'],
): Promise<string> {
  const seconds = Math.floor(clock.now() / 1_000)
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(keyId !== '' && { kid: keyId }) })
    .setIssuer(email)
    .setAudience(TOKEN_URL)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + VALID_FOR_S)
    .sign(privateKey)
}
