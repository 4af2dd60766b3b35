import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { ClusterTokens } from '../../relay/intake/credentials.ts'
import type { CloudBindings } from '../../relay/model/cloud-bindings.ts'
import type { SecretData } from '../../relay/model/secret.ts'
import type { SecretWriter } from '../../relay/ports.ts'
import { SecretValues } from './secret-values.ts'
import { identitiesId, secretId, tokensId } from './secrets-manager.ts'

export interface SecretsManagerWriterOptions {
  readonly client: SecretsManagerClient
  /** What all ids of this deployment begin with, such as `flux-relay/prod`. */
  readonly prefix: string
}

/**
 * Writes what `SecretsManagerStore`, `SecretsManagerTokens` and `AwsCloudIdentities` read. A person's rights, not the
 * relay's: no function of a deployment may write a secret. Every call rejects with `SecretDeleted`
 * for what is scheduled for deletion, and with the SDK's errors.
 */
export class SecretsManagerWriter implements SecretWriter {
  readonly #values: SecretValues
  readonly #prefix: string

  constructor({ client, prefix }: SecretsManagerWriterOptions) {
    this.#values = new SecretValues(client)
    this.#prefix = prefix
  }

  async write(cluster: string, namespace: string, name: string, data: SecretData): Promise<void> {
    const id = secretId(this.#prefix, cluster, namespace, name)
    await this.#values.store(id, JSON.stringify(data))
  }

  /** Binds a cluster to identities at other clouds, in the place of what it was bound to. */
  async bind(cluster: string, bindings: CloudBindings): Promise<void> {
    await this.#values.store(identitiesId(this.#prefix, cluster), JSON.stringify(bindings))
  }

  /** False, and nothing changed, when the cluster has tokens already. */
  async createTokens(cluster: string, tokens: ClusterTokens): Promise<boolean> {
    const id = tokensId(this.#prefix, cluster)
    return (await this.#values.create(id, JSON.stringify(tokens))) !== undefined
  }

  /** Whether a cluster has tokens here. */
  hasTokens(cluster: string): Promise<boolean> {
    return this.#values.exists(tokensId(this.#prefix, cluster))
  }

  /** False when the cluster has no tokens yet. */
  async replaceTokens(cluster: string, tokens: ClusterTokens): Promise<boolean> {
    const id = tokensId(this.#prefix, cluster)
    return (await this.#values.put(id, JSON.stringify(tokens))) !== undefined
  }
}
