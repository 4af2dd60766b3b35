import { createStsClient } from '../../adapters/aws/clients.ts'
import { AwsCloudIdentities } from '../../adapters/aws/cloud-identities.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { CloudIdentities } from '../../relay/ports/cloud-identities.ts'
import { NO_CLOUD_IDENTITIES } from '../../relay/ports/no-cloud-identities.ts'
import type { Environment } from '../shared/environment.ts'
import type { AwsClients } from '../shared/ports.ts'

/** Who the relay is at other clouds; without the setting nobody, and nothing is asked of AWS. */
export function createIdentities(
  { cloudIdentities, secretPrefix }: Environment,
  { secretsManager }: AwsClients,
  clock: Clock,
): CloudIdentities {
  if (!cloudIdentities) return NO_CLOUD_IDENTITIES
  return new AwsCloudIdentities({
    client: secretsManager,
    sts: createStsClient(),
    prefix: secretPrefix,
    clock,
  })
}
