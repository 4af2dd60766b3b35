import { type ClusterTokens, TOKEN_FORM } from '../../relay/api/credentials.ts'
import { ClusterName } from '../../relay/model/config.ts'
import { FLEET } from '../../relay/model/fleet.ts'
import { isJsonObject } from '../../relay/model/json-value.ts'
import { KubernetesName } from '../../relay/model/kubernetes.ts'
import { storedSecret, type VersionedSecret } from '../../relay/model/secret.ts'
import { InvalidSecret, type SecretStore } from '../../relay/ports/secret-store.ts'
import { SecretCache, type SecretCacheOptions } from './secret-cache.ts'
import { parseSecretJson } from './secret-data.ts'
import { secretId, setId, tokensId } from './secret-ids.ts'
import { isData, type SecretSet } from './secret-set.ts'
import { findSet } from './secret-set-reader.ts'

export interface SecretsManagerOptions extends SecretCacheOptions {
  /** The start of all ids of this deployment, such as `flux-relay/prod`. */
  readonly prefix: string
}

/**
 * Secrets in AWS Secrets Manager. Those of a cluster are in one secret,
 * `<prefix>/secrets/<cluster>`. A Secret that was last written by an earlier version is in its own,
 * `<prefix>/secrets/<cluster>/<namespace>/<name>`, a JSON object of strings. Rejects with
 * `InvalidSecret` for one of another form.
 */
export class SecretsManagerStore implements SecretStore {
  readonly #prefix: string
  readonly #sets: SecretCache<ReadonlyMap<string, VersionedSecret | InvalidSecret>>
  readonly #single: SecretCache<VersionedSecret>

  constructor({ prefix, ...options }: SecretsManagerOptions) {
    this.#prefix = prefix
    this.#sets = new SecretCache(options, async (text, id) => {
      const { secrets } = await findSet(options.client, id, text)
      return secretsOf(secrets, id)
    })
    this.#single = new SecretCache(options, parseSecret)
  }

  async read(
    cluster: string,
    namespace: string,
    name: string,
    { fresh = false }: { readonly fresh?: boolean } = {},
  ): Promise<VersionedSecret | undefined> {
    // A name with a slash could mean another namespace's Secret; Kubernetes has none such.
    const isName =
      (isCluster(cluster) || cluster === FLEET) &&
      [namespace, name].every((part) => KubernetesName.safeParse(part).success)
    if (!isName) return undefined
    const found = await this.#inSet(cluster, `${namespace}/${name}`, fresh)
    if (found instanceof InvalidSecret) throw found
    const id = secretId(this.#prefix, cluster, namespace, name)
    return found ?? this.#single.read(id, fresh ? 'fresh' : 'remembered')
  }

  /**
   * Reads a Secret in the set. A Secret that the set lacks is trusted to be missing for as long as
   * a missing secret is.
   */
  async #inSet(cluster: string, key: string, fresh: boolean) {
    const id = setId(this.#prefix, cluster)
    const remembered = fresh ? undefined : await this.#sets.read(id)
    const found = remembered?.get(key)
    return found ?? (await this.#sets.read(id, fresh ? 'fresh' : 'recent'))?.get(key)
  }
}

function secretsOf(secrets: SecretSet, id: string): Map<string, VersionedSecret | InvalidSecret> {
  const parsed = Object.entries(secrets).map(([key, entry]) => {
    const value = isJsonObject(entry) ? entry.data : undefined
    return [key, isData(value) ? storedSecret(value) : notASecret(`${key} of ${id}`)] as const
  })
  return new Map(parsed)
}

/**
 * The clusters' tokens in AWS Secrets Manager, `<prefix>/tokens/<cluster>`, each a JSON array of
 * one or more strings.
 */
export class SecretsManagerTokens {
  readonly #prefix: string
  readonly #cache: SecretCache<ClusterTokens>

  constructor({ prefix, ...options }: SecretsManagerOptions) {
    this.#prefix = prefix
    this.#cache = new SecretCache(options, parseHmacKeys)
  }

  /**
   * The tokens of a cluster; undefined when it has none. `fresh` reads past the cache, for example
   * when a token was rotated seconds ago. Rejects for tokens of another form, and when Secrets
   * Manager fails.
   */
  async read(
    cluster: string,
    { fresh = false }: { readonly fresh?: boolean } = {},
  ): Promise<ClusterTokens | undefined> {
    if (!isCluster(cluster)) return undefined
    return this.#cache.read(tokensId(this.#prefix, cluster), fresh ? 'fresh' : 'remembered')
  }
}

function isCluster(name: string): boolean {
  return ClusterName.safeParse(name).success
}

function parseSecret(text: string | undefined, id: string): VersionedSecret {
  const value = parseSecretJson(text)
  if (isData(value)) return storedSecret(value)
  throw notASecret(id)
}

/** The error for a secret of another form. Its message shows nothing of the content. */
function notASecret(name: string): InvalidSecret {
  return new InvalidSecret(`${name} in Secrets Manager is not a JSON object of strings`)
}

/**
 * Reads a cluster's tokens. An empty one is an error, since anybody could sign with it. White space
 * around a token is removed, as people who store it by hand may leave it. Throws `InvalidSecret`,
 * whose message shows no token.
 */
export function parseHmacKeys(text: string | undefined, id: string): ClusterTokens {
  const value = parseSecretJson(text)
  const tokens = Array.isArray(value) ? value.map(trimmed) : []
  const areTokens = tokens.length > 0 && tokens.every((token) => TOKEN_FORM.test(token))
  if (areTokens) return tokens
  const expected = 'a JSON array of strings of visible ASCII characters'
  throw new InvalidSecret(`${id} in Secrets Manager is not ${expected}`)
}

/** The text without surrounding white space; empty for anything but a text. */
function trimmed(entry: unknown): string {
  return typeof entry === 'string' ? entry.trim() : ''
}
