import { setTimeout as wait } from 'node:timers/promises'
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

/** How often a change is tried while others change the same tokens, and how long each waits. Milliseconds. */
const MAX_TRIES = 20
const PAUSE_MS = 100

/** How many tries wait for another change that is half done. */
const PATIENT_TRIES = 10

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
    return (await hashes.writeHashes(cluster, added, 'none')) ? 'created' : 'exists'
  }

  /**
   * Replaces the tokens of a cluster by what `edit` makes of those that it has, and does it again when somebody else
   * changed them meanwhile. False when it has none. A cluster with keys of signatures keeps some.
   */
  async replace(
    cluster: string,
    edit: (tokens: readonly string[]) => readonly string[],
  ): Promise<boolean> {
    const { hashes, secrets } = this.#options
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      if (tries > 0) await wait(PAUSE_MS)
      const stored = await hashes.readHashes(cluster)
      if (stored?.retiredAt !== undefined) return false
      const hasKeys = stored?.hasKeys ?? true
      const found = hasKeys ? await this.#keys(cluster) : stored?.hashes.map(marked)
      if (found === undefined || found.length === 0) return false
      // Who has changed the hashes changes the keys next; one that was stopped in between does not.
      const isUnderWay = stored !== undefined && hasKeys && !isAlike(stored.hashes, found)
      if (isUnderWay && tries < PATIENT_TRIES) continue
      const tokens = edit(found)
      const isObserved = stored?.isObserved === true
      const changed = { hashes: tokens.map(hashOf), hasKeys, isObserved }
      if (!(await hashes.writeHashes(cluster, changed, stored ?? 'none'))) continue
      return !hasKeys || secrets.replaceTokens(cluster, tokens)
    }
    throw new Error(`the tokens of ${cluster} are changed by too many at once; try again`)
  }

  #keys(cluster: string): Promise<readonly string[] | undefined> {
    return this.#options.keys.read(cluster, { fresh: true })
  }
}

function marked(hash: string): string {
  return `${HASH_PREFIX}${hash}`
}

/** Whether these are the hashes of the tokens. */
function isAlike(hashes: readonly string[], tokens: readonly string[]): boolean {
  return (
    hashes.length === tokens.length && tokens.every((token, at) => hashOf(token) === hashes[at])
  )
}

function hashOf(token: string): string {
  return token.startsWith(HASH_PREFIX) ? token.slice(HASH_PREFIX.length) : tokenHash(token)
}
