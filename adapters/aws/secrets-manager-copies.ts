import {
  DeleteSecretCommand,
  ResourceNotFoundException,
  RestoreSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { SecretData } from '../../relay/model/secret.ts'
import { explaining } from './secret-copy-error.ts'
import { secretId } from './secret-ids.ts'
import {
  isDeleted,
  isShippers,
  MADE_BY_SHIPPER,
  SecretDeleted,
  SecretValues,
} from './secret-values.ts'

/** Least that Secrets Manager knows: in this time a person can take a deletion back. */
const RECOVERY_WINDOW_DAYS = 7

export interface SecretsManagerCopiesOptions {
  readonly client: SecretsManagerClient
  /** What all ids of the deployment begin with, such as `flux-relay/prod`. */
  readonly prefix: string
  readonly cluster: string
}

/** What names a Secret in its cluster. */
export interface KubernetesSecretName {
  readonly namespace: string
  readonly name: string
}

/** A copy that was written. */
export interface WrittenCopy {
  /** `restored`: its deletion was taken back first. */
  readonly how: 'created' | 'updated' | 'restored'
  readonly versionId: string
  /** Why what there was of it before, under another id, could not be deleted. */
  readonly left?: string
}

/**
 * The copies of one cluster's Secrets in AWS Secrets Manager, one secret each, where `SecretsManagerStore`
 * reads what is not in a set. Every call rejects with `SecretCopyError`.
 */
export class SecretsManagerCopies {
  readonly atOnce = 4
  readonly #client: SecretsManagerClient
  readonly #values: SecretValues
  readonly #idOf: (secret: KubernetesSecretName) => string

  constructor({ client, prefix, cluster }: SecretsManagerCopiesOptions) {
    this.#client = client
    this.#values = new SecretValues(client, [MADE_BY_SHIPPER])
    this.#idOf = ({ namespace, name }) => secretId(prefix, cluster, namespace, name)
  }

  /** Puts a copy in the place of what is there. */
  write(secret: KubernetesSecretName, data: SecretData): Promise<WrittenCopy> {
    const id = this.#idOf(secret)
    return explaining(id, async () => {
      const text = JSON.stringify(data)
      try {
        return await this.#values.store(id, text)
      } catch (error) {
        if (!(error instanceof SecretDeleted)) throw error
        await this.#client.send(new RestoreSecretCommand({ SecretId: id }))
        return { ...(await this.#values.store(id, text)), how: 'restored' }
      }
    })
  }

  /** Whether a copy still is what was written as this version. */
  isCurrent(secret: KubernetesSecretName, versionId: string): Promise<boolean> {
    const id = this.#idOf(secret)
    return explaining(id, async () => {
      const found = await this.#values.describe(id)
      if (found?.DeletedDate !== undefined) return false
      return found?.VersionIdsToStages?.[versionId]?.includes('AWSCURRENT') === true
    })
  }

  /**
   * Schedules a copy for deletion in seven days. `foreign`: there is one that a person made, and it
   * stays.
   */
  remove(secret: KubernetesSecretName): Promise<'deleted' | 'absent' | 'foreign'> {
    const id = this.#idOf(secret)
    return explaining(id, async () => {
      const found = await this.#values.describe(id)
      if (found === undefined || found.DeletedDate !== undefined) return 'absent'
      return isShippers(found) ? this.#delete(id) : 'foreign'
    })
  }

  async #delete(SecretId: string): Promise<'deleted' | 'absent'> {
    const RecoveryWindowInDays = RECOVERY_WINDOW_DAYS
    try {
      await this.#client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays }))
      return 'deleted'
    } catch (error) {
      if (error instanceof ResourceNotFoundException || isDeleted(error)) return 'absent'
      throw error
    }
  }
}
