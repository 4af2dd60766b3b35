import {
  DeleteSecretCommand,
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { partId, setId } from './secret-ids.ts'
import {
  headTextOf,
  MAX_PARTS,
  MAX_TEXT_BYTES,
  type PartsLabel,
  partsOf,
  type SecretSet,
  setTextOf,
} from './secret-set.ts'
import { type FoundSet, findSet } from './secret-set-reader.ts'
import { isDeleted, SecretDeleted, SecretValues } from './secret-values.ts'
import type { SecretsLock } from './secrets-lock.ts'

export interface SecretSetsOptions {
  readonly client: SecretsManagerClient
  /** The start of all ids of this deployment, such as `flux-relay/prod`. */
  readonly prefix: string
  readonly lock: Pick<SecretsLock, 'hold'>
}

/** Returns what a set should become; the same object when nothing changes. */
export type SetEdit = (secrets: SecretSet) => SecretSet

/** The error for Secrets of a cluster that do not fit any more. */
export class SetTooLarge extends Error {
  override readonly name = 'SetTooLarge'

  constructor(cluster: string, bytes: number) {
    super(
      `the Secrets of ${cluster} would take ${bytes} bytes together, more than the ${MAX_PARTS * MAX_TEXT_BYTES} that fit: delete what no Provider names`,
    )
  }
}

/** The recovery window in days, in which a person can restore what was deleted. */
const RECOVERY_DAYS = 7

/**
 * Changes the Secrets of clusters, one writer at a time. A reader sees a set either before or after
 * a change: the head, which names the versions of its parts, changes last. Every call rejects with
 * `SecretsLocked`, `SecretDeleted`, `SetTooLarge` and the SDK's errors.
 */
export class SecretSets {
  readonly #client: SecretsManagerClient
  readonly #prefix: string
  readonly #lock: SecretSetsOptions['lock']
  readonly #values: SecretValues

  constructor({ client, prefix, lock }: SecretSetsOptions) {
    this.#client = client
    this.#prefix = prefix
    this.#lock = lock
    this.#values = new SecretValues(client)
  }

  /** Reads a set; empty for a cluster that has none. */
  async read(cluster: string): Promise<SecretSet> {
    return (await this.#find(setId(this.#prefix, cluster)))?.secrets ?? {}
  }

  /**
   * Writes a set if `edit` changes it. `edit` is called once, with the set while nobody else can
   * change it.
   */
  change(cluster: string, edit: SetEdit): Promise<void> {
    return this.#lock.hold(cluster, async (assertHeld) => {
      const id = setId(this.#prefix, cluster)
      const found = await this.#find(id)
      const before = found?.secrets ?? {}
      const after = edit(before)
      if (after === before) return
      const text = setTextOf(after)
      if (text.length > MAX_PARTS * MAX_TEXT_BYTES) throw new SetTooLarge(cluster, text.length)
      const head =
        text.length <= MAX_TEXT_BYTES ? text : await this.#writeParts(id, text, found, assertHeld)
      assertHeld()
      await this.#values.store(id, head)
    })
  }

  /** Writes the parts. Resolves with the text of the head that names them. */
  async #writeParts(
    id: string,
    text: string,
    found: FoundSet | undefined,
    assertHeld: () => void,
  ): Promise<string> {
    // The versions that the head of now names keep the other label, however often a writer is killed here.
    const label = found?.head.kind === 'parts' ? otherLabel(found.head.label) : 'set-a'
    const versions: string[] = []
    for (const [index, part] of partsOf(text).entries()) {
      assertHeld()
      versions.push(await this.#writePart(partId(id, index), part, label))
    }
    return headTextOf(label, versions)
  }

  async #writePart(id: string, text: string, label: PartsLabel): Promise<string> {
    const put = () => this.#values.put(id, text, ['AWSCURRENT', label])
    const versionId = await put()
    if (versionId !== undefined) return versionId
    // A version gets no label when its secret is created.
    await this.#values.create(id, text)
    const second = await put()
    if (second === undefined) throw new Error(`${id} is being created and deleted at once`)
    return second
  }

  async #find(id: string): Promise<FoundSet | undefined> {
    const text = await this.#text(id)
    return text && findSet(this.#client, id, text.value)
  }

  async #text(SecretId: string): Promise<{ readonly value: string | undefined } | undefined> {
    try {
      const answer = await this.#client.send(new GetSecretValueCommand({ SecretId }))
      return { value: answer.SecretString }
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined
      if (isDeleted(error)) throw new SecretDeleted(SecretId)
      throw error
    }
  }

  /** Deletes a secret that was moved into a set, in seven days. False when it is gone already. */
  async deleteMoved(SecretId: string): Promise<boolean> {
    try {
      const RecoveryWindowInDays = RECOVERY_DAYS
      await this.#client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays }))
      return true
    } catch (error) {
      if (error instanceof ResourceNotFoundException || isDeleted(error)) return false
      throw error
    }
  }
}

function otherLabel(label: PartsLabel): PartsLabel {
  return label === 'set-a' ? 'set-b' : 'set-a'
}
