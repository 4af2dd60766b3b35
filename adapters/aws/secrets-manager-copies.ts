import {
  DeleteSecretCommand,
  ResourceNotFoundException,
  RestoreSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { SecretData } from '../../relay/model/secret.ts'
import { createSecretsManagerClient } from './clients.ts'
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

interface KubernetesSecretName {
  readonly namespace: string
  readonly name: string
}

/** A copy that was written. */
export interface WrittenCopy {
  /** `restored`: its deletion was taken back first. */
  readonly how: 'created' | 'updated' | 'restored'
  readonly versionId: string
}

/** Secrets Manager did not do it. The message shows nothing of a Secret's content. */
export class SecretCopyError extends Error {
  override readonly name = 'SecretCopyError'
}

/**
 * The copies of one cluster's Secrets in AWS Secrets Manager, where `SecretsManagerStore` reads
 * them. Every call rejects with `SecretCopyError`.
 */
export class SecretsManagerCopies {
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

/** The copies of a cluster, as the environment of the process tells the SDK. */
export interface OpenSecretCopies {
  readonly copies: SecretsManagerCopies
  /** Names the place of the copies: region, prefix and cluster. */
  readonly target: string
  close(): void
}

/**
 * Region and credentials are what the SDK finds in the environment, such as an IAM role of the
 * ServiceAccount. Calls nothing yet. Rejects with `SecretCopyError` when there is no region.
 */
export async function openSecretCopies(
  options: Omit<SecretsManagerCopiesOptions, 'client'>,
): Promise<OpenSecretCopies> {
  const client = createSecretsManagerClient()
  const region = await client.config.region().catch((cause: unknown) => {
    client.destroy()
    const text = 'AWS Secrets Manager: the region is not known; set AWS_REGION'
    throw new SecretCopyError(text, { cause })
  })
  return {
    copies: new SecretsManagerCopies({ ...options, client }),
    target: `${region}/${options.prefix}/secrets/${options.cluster}`,
    close: () => client.destroy(),
  }
}

async function explaining<T>(id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new SecretCopyError(`${id} in Secrets Manager: ${explanation(error)}`)
  }
}

/**
 * Errors whose message says what a person has to mend. That of any other could quote the request,
 * in which the Secret is.
 */
const TELLING: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'CredentialsProviderError',
  'DecryptionFailure',
  'EncryptionFailure',
  'ExpiredTokenException',
  'InvalidIdentityToken',
  'InvalidRequestException',
  'LimitExceededException',
  'SecretDeleted',
  'UnrecognizedClientException',
])

/** Of Node's look-up of names. */
interface NetworkError {
  readonly code: string
  readonly hostname: string
}

/** Of the AWS SDK. */
interface ServiceException {
  readonly $metadata: { readonly httpStatusCode?: number }
}

function explanation(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown failure'
  const { name, message } = error
  if (TELLING.has(name)) return `${name}: ${message}`
  const { code, hostname, $metadata } = error as Partial<NetworkError & ServiceException>
  const status = $metadata?.httpStatusCode
  // A wrong region shows in the name of a host that there is not.
  const host = hostname === undefined ? undefined : `${hostname} (is AWS_REGION right?)`
  return [name, code, host, status === undefined ? undefined : `HTTP ${status}`]
    .filter((part) => part !== undefined)
    .join(', ')
}
