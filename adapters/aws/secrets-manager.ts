import type { ClusterTokens } from '../../relay/intake/credentials.ts'
import { ClusterName } from '../../relay/model/config.ts'
import { KubernetesName } from '../../relay/model/kubernetes.ts'
import { type SecretData, type StoredSecret, storedSecret } from '../../relay/model/secret.ts'
import { InvalidSecret, type SecretStore } from '../../relay/ports.ts'
import { SecretCache, type SecretCacheOptions } from './secret-cache.ts'

export interface SecretsManagerOptions extends SecretCacheOptions {
  /** What all ids of this deployment begin with, such as `flux-relay/prod`. */
  readonly prefix: string
}

/**
 * Secrets in AWS Secrets Manager, `<prefix>/secrets/<cluster>/<namespace>/<name>`, each a JSON
 * object of strings. Rejects with `InvalidSecret` for one of another form.
 */
export class SecretsManagerStore implements SecretStore {
  readonly #prefix: string
  readonly #cache: SecretCache<StoredSecret>

  constructor({ prefix, ...options }: SecretsManagerOptions) {
    this.#prefix = prefix
    this.#cache = new SecretCache(options, parseSecret)
  }

  async read(
    cluster: string,
    namespace: string,
    name: string,
    { fresh = false }: { readonly fresh?: boolean } = {},
  ): Promise<StoredSecret | undefined> {
    // A name with a slash could mean another namespace's Secret; Kubernetes has none such.
    const isName =
      isCluster(cluster) &&
      [namespace, name].every((part) => KubernetesName.safeParse(part).success)
    if (!isName) return undefined
    return this.#cache.read(secretId(this.#prefix, cluster, namespace, name), fresh)
  }
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
    this.#cache = new SecretCache(options, parseTokens)
  }

  /**
   * Undefined for a cluster that has none. `fresh` reads past what is remembered: a token that was
   * rotated seconds ago. Rejects for tokens of another form, and when Secrets Manager fails.
   */
  async read(
    cluster: string,
    { fresh = false }: { readonly fresh?: boolean } = {},
  ): Promise<ClusterTokens | undefined> {
    return isCluster(cluster) ? this.#cache.read(tokensId(this.#prefix, cluster), fresh) : undefined
  }
}

/** Where a Secret is. */
export function secretId(prefix: string, cluster: string, namespace: string, name: string): string {
  return `${prefix}/secrets/${cluster}/${namespace}/${name}`
}

/** Where a cluster's tokens are. */
export function tokensId(prefix: string, cluster: string): string {
  return `${prefix}/tokens/${cluster}`
}

/** Where it is what a cluster is bound to at other clouds. */
export function identitiesId(prefix: string, cluster: string): string {
  return `${prefix}/identities/${cluster}`
}

function isCluster(name: string): boolean {
  return ClusterName.safeParse(name).success
}

function parseSecret(text: string | undefined, id: string): StoredSecret {
  const value = parseJson(text)
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isObject || !Object.values(value).every((entry) => typeof entry === 'string')) {
    throw new InvalidSecret(`${id} in Secrets Manager is not a JSON object of strings`)
  }
  return storedSecret(value as SecretData)
}

/** What a header can carry. An empty one would sign what anybody sends. */
const TOKEN = /^[!-~]+$/

/**
 * Reads a cluster's tokens; white space around one is left out, as a person who stored it by hand
 * may have left it. Throws `InvalidSecret`, whose message shows none.
 */
export function parseTokens(text: string | undefined, id: string): ClusterTokens {
  const value = parseJson(text)
  const tokens = Array.isArray(value) ? value.map(trimmed) : []
  const areTokens = tokens.length > 0 && tokens.every((token) => TOKEN.test(token))
  if (areTokens) return tokens
  const expected = 'a JSON array of strings of visible ASCII characters'
  throw new InvalidSecret(`${id} in Secrets Manager is not ${expected}`)
}

/** Empty for what is no text. */
function trimmed(entry: unknown): string {
  return typeof entry === 'string' ? entry.trim() : ''
}

/** Undefined for a binary secret and for what is not JSON; the parser's own errors quote the text. */
export function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
