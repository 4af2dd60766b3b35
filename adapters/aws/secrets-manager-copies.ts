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

/**
 * The shortest recovery window of Secrets Manager, in which a person can restore what was deleted.
 */
const RECOVERY_WINDOW_DAYS = 7

export interface SecretsManagerCopiesOptions {
  readonly client: SecretsManagerClient
  /** The start of all ids of the deployment, such as `flux-relay/prod`. */
  readonly prefix: string
  readonly cluster: string
}

/** The name of a Secret in its cluster. */
export interface KubernetesSecretName {
  readonly namespace: string
  readonly name: string
}

/** A copy that was written. */
export interface WrittenCopy {
  /** How it was written. `restored`: its deletion was cancelled first. */
  readonly how: 'created' | 'updated' | 'restored'
  readonly versionId: string
  /** The reason why an earlier copy under another id could not be deleted. */
  readonly left?: string
}

/**
 * The copies of one cluster's Secrets in AWS Secrets Manager, one secret each.
 * `SecretsManagerStore` reads what is not in a set there. Every call rejects with
 * `SecretCopyError`.
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

  /** Writes a copy, and replaces an older one. */
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

  /** Whether a copy is still what was written as this version. */
  isCurrent(secret: KubernetesSecretName, versionId: string): Promise<boolean> {
    const id = this.#idOf(secret)
    return explaining(id, async () => {
      const found = await this.#values.describe(id)
      if (found?.DeletedDate !== undefined) return false
      return found?.VersionIdsToStages?.[versionId]?.includes('AWSCURRENT') === true
    })
  }

  /** Schedules a copy for deletion in seven days. `foreign`: a person made it, and it stays. */
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
