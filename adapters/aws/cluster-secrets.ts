import {
  DeleteSecretCommand,
  paginateListSecrets,
  ResourceNotFoundException,
  RestoreSecretCommand,
  type SecretListEntry,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { mapConcurrently } from './concurrency.ts'
import { identitiesId, tokensId } from './secret-ids.ts'
import { isDeleted } from './secret-values.ts'

export interface ClusterSecretsOptions {
  readonly client: SecretsManagerClient
  /** The start of all ids of this deployment, such as `flux-relay/prod`. */
  readonly prefix: string
}

const CONCURRENT_REQUESTS = 4

/**
 * A Secret that was deleted longer than this before the cluster's tokens was deleted by somebody
 * else, such as a shipper. Milliseconds.
 */
const SAME_RETIREMENT_MS = 3_600_000

/**
 * Everything that Secrets Manager has of a cluster: tokens, Secrets and bindings to identities.
 * Every call rejects with the SDK's errors.
 */
export class ClusterSecrets {
  readonly #client: SecretsManagerClient
  readonly #prefix: string

  constructor({ client, prefix }: ClusterSecretsOptions) {
    this.#client = client
    this.#prefix = prefix
  }

  /**
   * Schedules everything of a cluster for deletion in `recoveryDays` days, the tokens last.
   * Resolves with the number of secrets.
   */
  async retire(cluster: string, recoveryDays: number): Promise<number> {
    const found = (await this.#list(cluster)).filter(({ DeletedDate }) => DeletedDate === undefined)
    const tokens = tokensId(this.#prefix, cluster)
    const others = found.flatMap(({ Name = '' }) => (Name === tokens ? [] : [Name]))
    await mapConcurrently(others, CONCURRENT_REQUESTS, (id) => this.#delete(id, recoveryDays))
    if (others.length < found.length) await this.#delete(tokens, recoveryDays)
    return found.length
  }

  /**
   * Cancels the deletion of everything that was retired together with the tokens, or at `knownAt`,
   * in milliseconds since the epoch.
   */
  async restore(cluster: string, knownAt?: number): Promise<void> {
    const found = await this.#list(cluster)
    const tokens = tokensId(this.#prefix, cluster)
    const retiredAt = knownAt ?? timeOf(found.find(({ Name }) => Name === tokens))
    const retired = found.filter(
      (secret) =>
        secret.DeletedDate !== undefined && timeOf(secret) >= retiredAt - SAME_RETIREMENT_MS,
    )
    await mapConcurrently(retired, CONCURRENT_REQUESTS, ({ Name: SecretId }) =>
      this.#client.send(new RestoreSecretCommand({ SecretId })),
    )
  }

  /** Lists the secrets of a cluster, including those that are scheduled for deletion. */
  async #list(cluster: string): Promise<readonly SecretListEntry[]> {
    const secrets = `${this.#prefix}/secrets/${cluster}`
    const single = [tokensId(this.#prefix, cluster), identitiesId(this.#prefix, cluster)]
    const isOurs = ({ Name = '' }: SecretListEntry) =>
      single.includes(Name) || Name === secrets || Name.startsWith(`${secrets}/`)
    const found: SecretListEntry[] = []
    const query = {
      IncludePlannedDeletion: true,
      // Names that begin with one of them.
      Filters: [{ Key: 'name' as const, Values: [...single, secrets] }],
    }
    for await (const page of paginateListSecrets({ client: this.#client }, query)) {
      found.push(...(page.SecretList ?? []).filter(isOurs))
    }
    return found
  }

  async #delete(SecretId: string, RecoveryWindowInDays: number): Promise<void> {
    try {
      await this.#client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays }))
    } catch (error) {
      // Somebody else was faster.
      if (!(error instanceof ResourceNotFoundException) && !isDeleted(error)) throw error
    }
  }
}

/** When a secret was deleted, in milliseconds since the epoch; -Infinity for one that was not. */
function timeOf(secret: SecretListEntry | undefined): number {
  return secret?.DeletedDate?.getTime() ?? Number.NEGATIVE_INFINITY
}
