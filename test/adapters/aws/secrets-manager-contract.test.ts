import { SecretsManagerStore } from '../../../adapters/aws/secrets-manager.ts'
import { SecretsManagerWriter } from '../../../adapters/aws/secrets-manager-writer.ts'
import { secretStoreContract } from '../../contract/secret-store-contract.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { secretsManager } from '../../support/secrets.ts'

const { openSecrets } = secretsManager()

secretStoreContract('SecretsManagerStore with SecretsManagerWriter', async () => {
  const options = openSecrets()
  return {
    secrets: new SecretsManagerStore({ ...options, clock: new ManualClock() }),
    writer: new SecretsManagerWriter(options),
    close: async () => undefined,
  }
})
