import type { Authorization, TryPorts } from '../contract.ts'
import { proveIdentity, readBinding } from './cloud-binding.ts'
import { entraTokenUrl } from './entra-client.ts'
import { authorizeByFetch, fetchToken } from './oauth-token.ts'

/**
 * The audience of proofs for Entra ID:
 * https://learn.microsoft.com/graph/api/resources/federatedidentitycredential
 */
const AUDIENCE = 'api://AzureADTokenExchange'

/**
 * Authorizes as the application at Azure that the deployment binds the cluster to. It trusts the
 * relay's own identity instead of a client secret:
 * https://learn.microsoft.com/entra/workload-id/workload-identity-federation
 */
export async function authorizeAtEntra(
  scope: string,
  keys: string,
  tryPorts: TryPorts,
): Promise<Authorization> {
  const bound = await readBinding('azure', keys, tryPorts)
  if (bound.kind !== 'bound') return bound
  const { tenantID, clientID } = bound.binding
  const { cluster } = tryPorts.identities
  const fetch = async () => {
    const proof = await proveIdentity(AUDIENCE, tryPorts)
    if (proof.kind !== 'proved') return proof
    const { jwt } = proof
    const form = {
      grant_type: 'client_credentials',
      client_id: clientID,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: jwt,
      scope,
    }
    return fetchToken({ url: entraTokenUrl(tenantID), form, secrets: [jwt] }, tryPorts)
  }
  return authorizeByFetch(['entra-federation', cluster, tenantID, clientID, scope], fetch, tryPorts)
}
