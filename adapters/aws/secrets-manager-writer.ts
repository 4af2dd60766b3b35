import {
  CreateSecretCommand,
  InvalidRequestException,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { ClusterTokens } from '../../relay/intake/credentials.ts'
import type { CloudBindings } from '../../relay/model/cloud-bindings.ts'
import type { SecretData } from '../../relay/model/secret.ts'
import type { SecretWriter } from '../../relay/ports.ts'
import { identitiesId, secretId, tokensId } from './secrets-manager.ts'

export interface SecretsManagerWriterOptions {
  readonly client: SecretsManagerClient
  /** What all ids of this deployment begin with, such as `flux-relay/prod`. */
  readonly prefix: string
}

/** A secret that Secrets Manager keeps for its recovery window, in which it takes no value. */
export class SecretDeleted extends Error {
  override readonly name = 'SecretDeleted'

  constructor(id: string) {
    super(
      `${id} is scheduled for deletion. Take that back with \`aws secretsmanager restore-secret --secret-id ${id}\`, or end it with \`aws secretsmanager delete-secret --secret-id ${id} --force-delete-without-recovery\`, and try again.`,
    )
  }
}

const TAGS = [{ Key: 'app', Value: 'flux-relay' }]

/**
 * Writes what `SecretsManagerStore`, `SecretsManagerTokens` and `AwsCloudIdentities` read. A person's rights, not the
 * relay's: no function of a deployment may write a secret. Every call rejects with `SecretDeleted`
 * for what is scheduled for deletion, and with the SDK's errors.
 */
export class SecretsManagerWriter implements SecretWriter {
  readonly #client: SecretsManagerClient
  readonly #prefix: string

  constructor({ client, prefix }: SecretsManagerWriterOptions) {
    this.#client = client
    this.#prefix = prefix
  }

  async write(cluster: string, namespace: string, name: string, data: SecretData): Promise<void> {
    await this.#store(secretId(this.#prefix, cluster, namespace, name), JSON.stringify(data))
  }

  /** Binds a cluster to identities at other clouds, in the place of what it was bound to. */
  async bind(cluster: string, bindings: CloudBindings): Promise<void> {
    await this.#store(identitiesId(this.#prefix, cluster), JSON.stringify(bindings))
  }

  /** False, and nothing changed, when the cluster has tokens already. */
  createTokens(cluster: string, tokens: ClusterTokens): Promise<boolean> {
    return this.#create(tokensId(this.#prefix, cluster), JSON.stringify(tokens))
  }

  /** False when the cluster has no tokens yet. */
  replaceTokens(cluster: string, tokens: ClusterTokens): Promise<boolean> {
    return this.#put(tokensId(this.#prefix, cluster), JSON.stringify(tokens))
  }

  async #store(id: string, text: string): Promise<void> {
    if (await this.#put(id, text)) return
    if (await this.#create(id, text)) return
    // Somebody else created it in between.
    if (!(await this.#put(id, text))) throw new Error(`${id} is being created and deleted at once`)
  }

  async #put(SecretId: string, SecretString: string): Promise<boolean> {
    const put = new PutSecretValueCommand({ SecretId, SecretString })
    return unless(ResourceNotFoundException, SecretId, this.#client.send(put))
  }

  async #create(Name: string, SecretString: string): Promise<boolean> {
    const create = new CreateSecretCommand({ Name, SecretString, Tags: TAGS })
    return unless(ResourceExistsException, Name, this.#client.send(create))
  }
}

async function unless(
  expected: typeof ResourceNotFoundException | typeof ResourceExistsException,
  id: string,
  sent: Promise<unknown>,
): Promise<boolean> {
  try {
    await sent
    return true
  } catch (error) {
    if (error instanceof expected) return false
    if (isDeleted(error)) throw new SecretDeleted(id)
    throw error
  }
}

/** AWS has one error for many things, told apart by its words only. */
function isDeleted(error: unknown): boolean {
  return (
    error instanceof InvalidRequestException &&
    /(marked|scheduled) for deletion|marked deleted/.test(error.message)
  )
}
