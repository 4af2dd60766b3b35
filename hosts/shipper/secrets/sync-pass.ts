import { createHash } from 'node:crypto'
import { type Expiry, type ExpiryClock, expiresIn, isOver } from '../../../relay/model/expiry.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import type { CopyRecord, SecretName, SyncMemory } from '../spool/sync-memory.ts'
import { readSecret, type SecretContent } from './read-secret.ts'
import { keyOf } from './references.ts'
import type { SecretCopies, WrittenCopy } from './secret-copies.ts'

/** Is told what becomes of Secrets, for log and metrics. It never gets any of their content. */
export interface SyncPassObserver {
  /**
   * A copy was written. `replaced`: there was one that this shipper did not know, as after `secret
   * put`.
   */
  written(secret: SecretName, how: WrittenCopy['how'] | 'replaced'): void
  /** The Secret was copied, but its older copy in another place stays. */
  left(secret: SecretName, reason: string): void
  /** This many of its values are not UTF-8; they were copied as the nearest text. */
  binary(secret: SecretName, keys: number): void
  /**
   * The copy was deleted: nothing has named the Secret for the grace time, or it is gone from the
   * cluster.
   */
  deleted(secret: SecretName): void
  /**
   * Nothing names the Secret any more, but the shipper did not make the copy. It stays, and is
   * forgotten.
   */
  kept(secret: SecretName): void
  /** A Provider names the Secret, but it does not exist (yet). Called once. */
  missing(secret: SecretName): void
  /**
   * The Secret exists, but cannot be copied until a person corrects something. Called once for each
   * reason.
   */
  refused(secret: SecretName, reason: string): void
}

export interface SyncPassOptions {
  readonly client: Pick<KubernetesClient, 'request'>
  readonly copies: SecretCopies
  readonly memory: SyncMemory
  readonly clock: ExpiryClock
  /** How long a copy that nothing names is kept, in milliseconds. */
  readonly graceMs: number
  readonly observer: SyncPassObserver
}

/** What failed for a Secret, and is tried again. */
export interface SyncFailure {
  readonly secret: SecretName
  readonly reason: string
}

export interface PassResult {
  /** The number of copies that were written or deleted. */
  readonly changes: number
  readonly failures: readonly SyncFailure[]
}

/** The most requests to the Kubernetes API at once. */
const MAX_AT_ONCE = 4

/** How long a copy is trusted to be unchanged, in milliseconds. */
const BELIEVED_MS = 3_600_000

/** Goes through all Secrets once with each `run`. */
export class SyncPass {
  readonly #options: SyncPassOptions
  /**
   * Digests of what was copied, by `keyOf`. They are never stored, where they would help to guess
   * the content.
   */
  readonly #digests = new Map<string, string>()
  /** Until when each copy is trusted to be unchanged, by `keyOf`. */
  readonly #believed = new Map<string, Expiry>()
  /** What the observer was told about each Secret last, by `keyOf`. */
  readonly #said = new Map<string, string>()

  constructor(options: SyncPassOptions) {
    this.#options = options
  }

  /**
   * Copies those of these Secrets that changed, and deletes the copies of Secrets that nothing has
   * named for the grace time. A failure for one Secret does not hold up another, and never deletes
   * a copy. Rejects when the memory cannot be read.
   */
  async run(named: readonly SecretName[], signal: AbortSignal): Promise<PassResult> {
    let changes = 0
    const failures: SyncFailure[] = []
    const attempt = async (secret: SecretName, work: () => Promise<boolean>) => {
      if (signal.aborted) return
      try {
        if (await work()) changes += 1
      } catch (error) {
        const { namespace, name } = secret
        failures.push({ secret: { namespace, name }, reason: (error as Error).message })
      }
    }
    const records = this.#records()
    const absent = new Set<string>()
    const found: (readonly [SecretName, SecretContent])[] = []
    await forEach(named, MAX_AT_ONCE, (secret) =>
      attempt(secret, async () => {
        const content = await this.#read(secret, absent)
        if (content) found.push([secret, content])
        return false
      }),
    )
    const { atOnce } = this.#options.copies
    // Together, for where copies share one place they also share a write.
    await forEach(found, atOnce, ([secret, content]) =>
      attempt(secret, () => this.#write(secret, records.get(keyOf(secret)), content)),
    )
    const kept = new Set(named.map(keyOf).filter((key) => !absent.has(key)))
    await forEach([...this.#records().values()], atOnce, (record) =>
      attempt(record, () => (kept.has(keyOf(record)) ? this.#keep(record) : this.#retire(record))),
    )
    this.#forgetAllBut(new Set(named.map(keyOf)))
    return { changes, failures }
  }

  #records(): ReadonlyMap<string, CopyRecord> {
    return new Map(this.#options.memory.list().map((record) => [keyOf(record), record]))
  }

  /**
   * Reads a Secret; undefined when there is nothing to copy. Adds a Secret that does not exist to
   * `absent`.
   */
  async #read(secret: SecretName, absent: Set<string>): Promise<SecretContent | undefined> {
    const { client, observer } = this.#options
    const reading = await readSecret(client, secret)
    switch (reading.kind) {
      case 'missing':
        absent.add(keyOf(secret))
        this.#sayOnce(secret, 'missing', () => observer.missing(secret))
        return undefined
      case 'refused':
        absent.add(keyOf(secret))
        this.#sayOnce(secret, reading.reason, () => observer.refused(secret, reading.reason))
        return undefined
      case 'unusable':
        this.#sayOnce(secret, reading.reason, () => observer.refused(secret, reading.reason))
        return undefined
      case 'found':
        this.#said.delete(keyOf(secret))
        return reading.content
    }
  }

  async #write(
    secret: SecretName,
    record: CopyRecord | undefined,
    { version, data, binaryKeys }: SecretContent,
  ): Promise<boolean> {
    const { copies, memory, clock, observer } = this.#options
    const digest = createHash('sha256').update(JSON.stringify(data)).digest('base64')
    // Before the copy is made: should the process end in between, it is known and can be deleted.
    if (!record) await memory.put(secret)
    const isCopied = await this.#isCopied(record, version, digest)
    // If this fails, it may have been done all the same.
    if (!isCopied) this.#believed.delete(keyOf(secret))
    const written = isCopied ? undefined : await copies.write(secret, data)
    const copyVersion = written ? written.versionId : record?.copyVersion
    const isKnown = !written && record?.version === version
    if (!isKnown) await memory.put({ ...secret, version, copyVersion })
    this.#digests.set(keyOf(secret), digest)
    if (!written) return false
    this.#believed.set(keyOf(secret), expiresIn(clock, BELIEVED_MS))
    const isReplaced = written.how === 'updated' && !record
    observer.written(secret, isReplaced ? 'replaced' : written.how)
    if (binaryKeys > 0) observer.binary(secret, binaryKeys)
    if (written.left !== undefined) observer.left(secret, written.left)
    return true
  }

  /** Whether the copy is up to date. It is checked at the start and every hour. */
  async #isCopied(
    record: CopyRecord | undefined,
    version: string,
    digest: string,
  ): Promise<boolean> {
    if (record?.version === undefined || record.copyVersion === undefined) return false
    const key = keyOf(record)
    const copied = this.#digests.get(key)
    // Metadata that changed, an annotation of some controller, makes a new version of the same.
    const isSame = copied === undefined ? record.version === version : copied === digest
    if (!isSame) return false
    const { clock } = this.#options
    const believed = this.#believed.get(key)
    if (believed && !isOver(clock, believed)) return true
    const isCurrent = await this.#options.copies.isCurrent(record, record.copyVersion)
    if (isCurrent) this.#believed.set(key, expiresIn(clock, BELIEVED_MS))
    return isCurrent
  }

  async #keep({ unreferencedSince, ...record }: CopyRecord): Promise<boolean> {
    if (unreferencedSince !== undefined) await this.#options.memory.put(record)
    return false
  }

  /** Deletes a copy that nothing names any more. True when it was deleted. */
  async #retire(record: CopyRecord): Promise<boolean> {
    const { copies, memory, clock, graceMs, observer } = this.#options
    const now = clock.now()
    const since = record.unreferencedSince
    // A clock that was ahead then, and was set right, would keep the copy for as long.
    if (since === undefined || since > now) {
      await memory.put({ ...record, unreferencedSince: now })
      return false
    }
    if (now - since < graceMs) return false
    const { namespace, name } = record
    // If this fails, it may have been done all the same.
    this.#believed.delete(keyOf(record))
    const result = await copies.remove({ namespace, name })
    await memory.delete(record)
    this.#digests.delete(keyOf(record))
    if (result === 'deleted') observer.deleted({ namespace, name })
    if (result === 'foreign') observer.kept({ namespace, name })
    return result === 'deleted'
  }

  #sayOnce(secret: SecretName, text: string, say: () => void): void {
    if (this.#said.get(keyOf(secret)) === text) return
    this.#said.set(keyOf(secret), text)
    say()
  }

  #forgetAllBut(named: ReadonlySet<string>): void {
    for (const key of this.#said.keys()) if (!named.has(key)) this.#said.delete(key)
  }
}

/** Calls `work`, which must not reject, for each item, at most `limit` at a time. */
async function forEach<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values()
  const worker = async () => {
    for (const item of waiting) await work(item)
  }
  await Promise.all(Array.from({ length: limit }, worker))
}
