import { ENTRA_TENANT } from '../../model/cloud-bindings.ts'
import type { SecretData } from '../../model/secret.ts'
import type { Authorization, TryPorts } from '../contract.ts'
import type { SettingError } from '../setting-error.ts'
import { authorizeByToken } from './oauth-token.ts'

/** An application of Microsoft Entra ID with a client secret. */
export interface EntraClient {
  readonly tenantID: string
  readonly clientID: string
  readonly clientSecret: string
}

/**
 * The keys of a Secret that describe an application. They are the relay's own, since Flux has none
 * for it.
 */
export const ENTRA_KEYS = ['tenantID', 'clientID', 'clientSecret'] as const

/**
 * Reads the application in a Secret: undefined when it has none of the keys, and the problem when
 * it has only some. No problem shows a value.
 */
export function readEntraClient(secret: SecretData): EntraClient | SettingError | undefined {
  const [tenantID = '', clientID = '', clientSecret = ''] = ENTRA_KEYS.map((key) =>
    secret[key]?.trim(),
  )
  const missing = ENTRA_KEYS.filter((key) => !secret[key]?.trim())
  if (missing.length === ENTRA_KEYS.length) return undefined
  if (missing.length > 0) {
    return { error: `the keys ${ENTRA_KEYS.join(', ')} go together; add ${missing.join(', ')}` }
  }
  if (!ENTRA_TENANT.test(tenantID)) {
    return { error: 'the key tenantID is not the id of a tenant, or one of its domains' }
  }
  return { tenantID, clientID, clientSecret }
}

/** The URL of a tenant's tokens. The host is always Microsoft's. */
export function entraTokenUrl(tenantID: string): string {
  return `https://login.microsoftonline.com/${tenantID}/oauth2/v2.0/token`
}

/**
 * Authorizes as the application, by the client credentials flow:
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export function authorizeEntraClient(
  { tenantID, clientID, clientSecret }: EntraClient,
  scope: string,
  tryPorts: TryPorts,
): Promise<Authorization> {
  return authorizeByToken(
    ['entra-client', tenantID, clientID, clientSecret, scope],
    () => ({
      url: entraTokenUrl(tenantID),
      form: {
        grant_type: 'client_credentials',
        client_id: clientID,
        client_secret: clientSecret,
        scope,
      },
      secrets: [clientSecret],
    }),
    tryPorts,
  )
}
