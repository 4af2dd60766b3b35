import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { ClusterTokens } from '../../relay/api/credentials.ts'
import type { CloudBindings } from '../../relay/model/cloud-bindings.ts'
import type { SecretData } from '../../relay/model/secret.ts'
import type { SecretWriter } from '../../relay/ports/secret-store.ts'
import { identitiesId, secretId, tokensId } from './secret-ids.ts'
import { withSecret } from './secret-set.ts'
import type { SecretSets } from './secret-sets.ts'
import { isShippers, SecretValues } from './secret-values.ts'

export interface SecretsManagerWriterOptions {
  readonly client: SecretsManagerClient
  /** The start of all ids of this deployment, such as `flux-relay/prod`. */
  readonly prefix: string
  readonly sets: Pick<SecretSets, 'read' | 'change' | 'deleteMoved'>
  /** Called when a Secret was stored in its set, but could not be deleted in its earlier place. */
  readonly onLeft: (id: string, error: unknown) => void
}

/**
 * Writes what `SecretsManagerStore`, `SecretsManagerTokens` and `AwsCloudIdentities` read. It needs
 * a person's rights: no function of a deployment may write a secret. Every call rejects with
 * `SecretDeleted` for a secret that is scheduled for deletion, and with the SDK's errors.
 */
export class SecretsManagerWriter implements SecretWriter {
  readonly #values: SecretValues
  readonly #prefix: string
  readonly #sets: SecretsManagerWriterOptions['sets']
  readonly #onLeft: SecretsManagerWriterOptions['onLeft']

  constructor({ client, prefix, sets, onLeft }: SecretsManagerWriterOptions) {
    this.#values = new SecretValues(client)
    this.#prefix = prefix
    this.#sets = sets
    this.#onLeft = onLeft
  }

  /** Writes a Secret if it differs. Also rejects as `SecretSets.change` does. */
  async write(cluster: string, namespace: string, name: string, data: SecretData): Promise<void> {
    const id = secretId(this.#prefix, cluster, namespace, name)
    const key = `${namespace}/${name}`
    if (await this.#isWrittenByItself(cluster, key, id)) {
      await this.#values.store(id, JSON.stringify(data))
      return
    }
    await this.#sets.change(cluster, (secrets) => withSecret(secrets, key, data).secrets)
    await this.#sets.deleteMoved(id).catch((error: unknown) => this.#onLeft(id, error))
  }

  /**
   * Whether a shipper that knows no sets keeps the Secret in its own place. Such a shipper would
   * not see that its copy has moved, and its later writes would never be read. Without the right to
   * ask, there is no such shipper, or the cluster reports it. A copy whose Secret is in the set was
   * left behind, and nobody reads it.
   */
  async #isWrittenByItself(cluster: string, key: string, id: string): Promise<boolean> {
    const found = await this.#values.describe(id).catch(deniedIsNothing)
    if (found === undefined || !isShippers(found)) return false
    return !Object.hasOwn(await this.#sets.read(cluster), key)
  }

  /** Binds a cluster to identities at other clouds. It replaces earlier bindings. */
  async bind(cluster: string, bindings: CloudBindings): Promise<void> {
    await this.#values.store(identitiesId(this.#prefix, cluster), JSON.stringify(bindings))
  }

  /** Creates tokens. False, without a change, when the cluster has tokens already. */
  async createTokens(cluster: string, tokens: ClusterTokens): Promise<boolean> {
    const id = tokensId(this.#prefix, cluster)
    return (await this.#values.create(id, JSON.stringify(tokens))) !== undefined
  }

  /** Whether a cluster has tokens here. */
  hasTokens(cluster: string): Promise<boolean> {
    return this.#values.exists(tokensId(this.#prefix, cluster))
  }

  /** Replaces the tokens of a cluster. False when it has none. */
  async replaceTokens(cluster: string, tokens: ClusterTokens): Promise<boolean> {
    const id = tokensId(this.#prefix, cluster)
    return (await this.#values.put(id, JSON.stringify(tokens))) !== undefined
  }
}

function deniedIsNothing(error: unknown): undefined {
  if ((error as Error).name === 'AccessDeniedException') return undefined
  throw error
}
