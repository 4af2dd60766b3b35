import type { AwsDestination } from '../../model/aws-destination.ts'
import type { AwsCredentials } from '../../ports/cloud-identities.ts'
import { readBinding } from '../auth/cloud-binding.ts'
import type { Authorization, TryPorts } from '../contract.ts'
import { type AwsSettings, NEEDED_KEYS } from './settings.ts'
import { signedForAws } from './signature.ts'

/**
 * Signs the requests to a destination with the access key of the Provider's Secret, or with the relay's own
 * role where the deployment lets the cluster send there.
 */
export async function authorizeAtAws(
  { destination, keys }: AwsSettings,
  tryPorts: TryPorts,
): Promise<Authorization> {
  if (keys !== undefined) return signing(keys, destination, tryPorts)
  const bound = await readBinding('aws', NEEDED_KEYS, tryPorts)
  if (bound.kind !== 'bound') return bound
  if (!bound.binding.destinations.includes(destination.arn)) {
    const { cluster } = tryPorts.identities
    const reason = `this deployment does not let cluster ${cluster} send to ${destination.arn}: ${NEEDED_KEYS}, or bind it as docs/aws.md says`
    return { kind: 'rejected', reason }
  }
  return signing(await tryPorts.identities.awsCredentials(), destination, tryPorts)
}

function signing(
  credentials: AwsCredentials,
  { region, service }: AwsDestination,
  { clock }: TryPorts,
): Authorization {
  const { secretAccessKey, sessionToken } = credentials
  return {
    kind: 'authorized',
    headers: {},
    secrets: [secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])],
    sign: (request) => signedForAws(request, credentials, { region, service, at: clock.now() }),
  }
}
