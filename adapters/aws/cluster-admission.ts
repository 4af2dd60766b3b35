import { type ClusterTokens, tokenHash } from '../../relay/api/credentials.ts'
import type { DynamoDbTokens } from './cluster-tokens.ts'
import { SecretDeleted } from './secret-values.ts'
import type { SecretsManagerTokens } from './secrets-manager.ts'
import type { SecretsManagerWriter } from './secrets-manager-writer.ts'

export interface ClusterAdmissionOptions {
  readonly hashes: Pick<DynamoDbTokens, 'readHashes' | 'writeHashes'>
  readonly keys: Pick<SecretsManagerTokens, 'read'>
  readonly secrets: Pick<SecretsManagerWriter, 'createTokens' | 'replaceTokens' | 'hasTokens'>
}

/** How a cluster is admitted. */
export interface AdmissionOptions {
  /** Whether signatures by its tokens count too. */
  readonly hasKeys: boolean
  /** Whether it is observed. */
  readonly isObserved: boolean
}

/** Marks a token of which only the hash is known. */
const HASH_PREFIX = 'sha256:'

/**
 * Admits clusters and changes their tokens, the newest first. A token of which only the hash is kept is
 * `sha256:<hex>` here. Those of a cluster with keys of signatures are in Secrets Manager too.
 */
export class ClusterAdmission {
  readonly #options: ClusterAdmissionOptions

  constructor(options: ClusterAdmissionOptions) {
    this.#options = options
  }

  /** The tokens of a cluster; undefined when it has none. */
  async read(cluster: string): Promise<readonly string[] | undefined> {
    const stored = await this.#options.hashes.readHashes(cluster)
    if (stored?.retiredAt !== undefined) return undefined
    if (stored && !stored.hasKeys) return stored.hashes.map((hash) => `${HASH_PREFIX}${hash}`)
    return this.#options.keys.read(cluster, { fresh: true })
  }

  /**
   * Creates the tokens of a cluster. Nothing is changed when it has tokens already, or was taken
   * out of use.
   */
  async create(
    cluster: string,
    tokens: ClusterTokens,
    { hasKeys, isObserved }: AdmissionOptions,
  ): Promise<'created' | 'exists' | 'retired'> {
    const { hashes, secrets } = this.#options
    const stored = await hashes.readHashes(cluster)
    if (stored) return stored.retiredAt === undefined ? 'exists' : 'retired'
    try {
      const isNew = hasKeys
        ? await secrets.createTokens(cluster, tokens)
        : !(await secrets.hasTokens(cluster))
      if (!isNew) return 'exists'
    } catch (error) {
      if (error instanceof SecretDeleted) return 'retired'
      throw error
    }
    const added = { hashes: tokens.map(hashOf), hasKeys, isObserved }
    return (await hashes.writeHashes(cluster, added, false)) ? 'created' : 'exists'
  }

  /**
   * Replaces the tokens of a cluster. False when it has none. A cluster with keys of signatures
   * keeps some.
   */
  async replace(cluster: string, tokens: readonly string[]): Promise<boolean> {
    const { hashes, secrets } = this.#options
    const stored = await hashes.readHashes(cluster)
    const hasKeys = stored?.hasKeys ?? true
    if (hasKeys && !(await secrets.replaceTokens(cluster, tokens))) return false
    const isObserved = stored?.isObserved === true
    const changed = { hashes: tokens.map(hashOf), hasKeys, isObserved }
    return hashes.writeHashes(cluster, changed, true, stored)
  }
}

function hashOf(token: string): string {
  return token.startsWith(HASH_PREFIX) ? token.slice(HASH_PREFIX.length) : tokenHash(token)
}
