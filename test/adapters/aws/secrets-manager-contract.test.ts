import { SecretsManagerStore } from '../../../adapters/aws/secrets-manager.ts'
import { secretStoreContract } from '../../contract/secret-store-contract.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { writerOn } from '../../support/secret-sets.ts'
import { secretsManager } from '../../support/secrets.ts'

const { openSecrets } = secretsManager()

secretStoreContract('SecretsManagerStore with SecretsManagerWriter', async () => {
  const options = openSecrets()
  return {
    secrets: new SecretsManagerStore({ ...options, clock: new ManualClock() }),
    writer: writerOn(options),
    close: async () => undefined,
  }
})
