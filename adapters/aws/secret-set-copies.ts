import type { SecretData } from '../../relay/model/secret.ts'
import { explaining, explanation } from './secret-copy-error.ts'
import { secretId, setId } from './secret-ids.ts'
import { entryOf, type SecretSet, withoutSecret, withSecret } from './secret-set.ts'
import type { SecretSets } from './secret-sets.ts'
import type {
  KubernetesSecretName,
  SecretsManagerCopies,
  WrittenCopy,
} from './secrets-manager-copies.ts'
import { SharedEdits } from './shared-edits.ts'

export interface SecretSetCopiesOptions {
  readonly sets: Pick<SecretSets, 'read' | 'change' | 'deleteMoved'>
  /** Removes earlier copies, each of which is a secret of its own. */
  readonly single: Pick<SecretsManagerCopies, 'remove'>
  readonly prefix: string
  readonly cluster: string
}

/** The result of removing a Secret from a set. */
type Removed = 'deleted' | 'absent' | 'foreign'

/**
 * The copies of one cluster's Secrets in its set, which `SecretsManagerStore` reads. Calls at the
 * same time share a write. Every call rejects with `SecretCopyError`.
 */
export class SecretSetCopies {
  /** So many that all calls of a pass share one or two writes. */
  readonly atOnce = 1_000
  readonly #options: SecretSetCopiesOptions
  readonly #edits: SharedEdits
  #reading: Promise<SecretSet> | undefined

  constructor(options: SecretSetCopiesOptions) {
    this.#options = options
    this.#edits = new SharedEdits((edit) => options.sets.change(options.cluster, edit))
  }

  /** Puts a copy into the set, and deletes an earlier copy under its own id. */
  async write(secret: KubernetesSecretName, data: SecretData): Promise<WrittenCopy> {
    let written: WrittenCopy | undefined
    await this.#explaining(() =>
      this.#edits.add((before) => {
        const { secrets, how, id } = withSecret(before, keyOf(secret), data, 'shipper')
        written = { how, versionId: id }
        return secrets
      }),
    )
    if (written === undefined) throw new Error('an edit was written without being made')
    const left = await this.#deleteMoved(secret)
    return left === undefined ? written : { ...written, left }
  }

  /**
   * Whether a copy is still what was written as this version. Calls at the same time share one
   * read.
   */
  async isCurrent(secret: KubernetesSecretName, versionId: string): Promise<boolean> {
    const { sets, cluster } = this.#options
    this.#reading ??= sets.read(cluster).finally(() => {
      this.#reading = undefined
    })
    const reading = this.#reading
    return this.#explaining(async () => entryOf(await reading, keyOf(secret))?.id === versionId)
  }

  /** Removes a copy from the set. `foreign`: a person put it first, and it stays. */
  async remove(secret: KubernetesSecretName): Promise<Removed> {
    let removed: Removed = 'absent'
    await this.#explaining(() =>
      this.#edits.add((before) => {
        const entry = entryOf(before, keyOf(secret))
        removed = entry === undefined ? 'absent' : entry.by === 'shipper' ? 'deleted' : 'foreign'
        return removed === 'deleted' ? withoutSecret(before, keyOf(secret)) : before
      }),
    )
    const single = await this.#options.single.remove(secret)
    return removed === 'absent' ? single : removed
  }

  /** Deletes an earlier copy. Resolves with the reason when it could not be deleted. */
  async #deleteMoved({ namespace, name }: KubernetesSecretName): Promise<string | undefined> {
    const { sets, prefix, cluster } = this.#options
    const id = secretId(prefix, cluster, namespace, name)
    try {
      await sets.deleteMoved(id)
      return undefined
    } catch (error) {
      return `${id} in Secrets Manager: ${explanation(error)}`
    }
  }

  #explaining<T>(work: () => Promise<T>): Promise<T> {
    return explaining(setId(this.#options.prefix, this.#options.cluster), work)
  }
}

function keyOf({ namespace, name }: KubernetesSecretName): string {
  return `${namespace}/${name}`
}
