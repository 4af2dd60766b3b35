import { afterEach, describe, expect, it, vi } from 'vitest'
import { openSecretCopies } from '../../../adapters/aws/open-secret-copies.ts'
import { SecretSetCopies } from '../../../adapters/aws/secret-set-copies.ts'
import { SecretsManagerCopies } from '../../../adapters/aws/secrets-manager-copies.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const clock = new ManualClock()

afterEach(() => void vi.unstubAllEnvs())

describe.each([undefined, 'flux-relay-prod-state'])(
  'openSecretCopies, by turns in %s',
  (stateTable) => {
    const open = () =>
      openSecretCopies({ prefix: 'flux-relay/prod', cluster: 'prod', stateTable, clock })

    it('names where the copies are', async () => {
      vi.stubEnv('AWS_REGION', 'eu-west-1')
      const { copies, target, close } = await open()
      close()
      expect(copies).toBeInstanceOf(stateTable ? SecretSetCopies : SecretsManagerCopies)
      expect(target).toBe('eu-west-1/flux-relay/prod/secrets/prod')
    })

    it('rejects without a region', async () => {
      vi.stubEnv('AWS_REGION', undefined)
      vi.stubEnv('AWS_CONFIG_FILE', '/nowhere')
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere')
      await expect(open()).rejects.toThrow('the region is not known; set AWS_REGION')
    })
  },
)
