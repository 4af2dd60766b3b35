import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import { parseJsonAnswer } from '../answers/json-answer.ts'
import type { Authorization, TryPorts } from '../contract.ts'
import { loadPart } from '../load-part.ts'
import type { SettingError } from '../setting-error.ts'
import { authorizeByToken } from './oauth-token.ts'
import { readRsaKey } from './rsa-key.ts'

/** A service account that authenticates with its own key. */
export interface GoogleServiceAccount {
  readonly email: string
  readonly keyId: string
  readonly privateKey: KeyObject
  readonly privateKeyPem: string
}

/** The URL of tokens. It is never taken from a Secret. */
const TOKEN_URL = 'https://oauth2.googleapis.com/token'

const KeyFile = z.object({
  type: z.string().catch(''),
  client_email: z.string().catch(''),
  private_key: z.string().catch(''),
  private_key_id: z.string().catch(''),
  token_uri: z.string().catch(TOKEN_URL),
})

/**
 * Reads the JSON of a service account key. Other kinds of credentials contain URLs to fetch or
 * files to read, which a Secret must not be able to choose:
 * https://cloud.google.com/docs/authentication/external/externally-sourced-credentials
 */
export function parseServiceAccount(text: string): GoogleServiceAccount | SettingError {
  const file = parseJsonAnswer(KeyFile, text)
  if (file === undefined) return { error: 'expected the JSON of a Google service account key' }
  if (file.type !== 'service_account') {
    return { error: 'the type of the credential must be service_account; no other is accepted' }
  }
  if (file.token_uri !== TOKEN_URL) {
    return { error: `the token_uri of the service account key must be ${TOKEN_URL}` }
  }
  if (file.client_email === '') return { error: 'the service account key has no client_email' }
  const privateKey = readRsaKey(file.private_key)
  if (privateKey === undefined) {
    return { error: 'the private_key of the service account key is not an RSA key in PEM form' }
  }
  return {
    email: file.client_email,
    keyId: file.private_key_id,
    privateKey,
    privateKeyPem: file.private_key,
  }
}

/** The longest life that Google allows, in seconds. The token lives as long. */
const VALID_FOR_S = 3_600

/**
 * Authorizes as the service account:
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
export function authorizeServiceAccount(
  account: GoogleServiceAccount,
  scope: string,
  tryPorts: TryPorts,
): Promise<Authorization> {
  const { email, privateKeyPem } = account
  return authorizeByToken(
    ['google-service-account', email, privateKeyPem, scope],
    async () => {
      const assertion = await assertionOf(account, scope, tryPorts.clock)
      const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
      return { url: TOKEN_URL, form, secrets: [assertion] }
    },
    tryPorts,
  )
}

async function assertionOf(
  { email, keyId, privateKey }: GoogleServiceAccount,
  scope: string,
  clock: TryPorts['clock'],
): Promise<string> {
  // Loaded here, so that a relay whose Providers sign nothing starts without it.
  const { SignJWT } = await loadPart(() => import('jose'))
  const seconds = Math.floor(clock.now() / 1_000)
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(keyId !== '' && { kid: keyId }) })
    .setIssuer(email)
    .setAudience(TOKEN_URL)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + VALID_FOR_S)
    .sign(privateKey)
}
