import { randomUUID } from 'node:crypto'
import type { ConfigSnapshot } from '../../relay/model/config.ts'
import type { Clock, ConfigStore } from '../../relay/ports.ts'
import { contentHash, contentOf, fromChunks, type Pointer, toChunks } from './config-chunks.ts'
import { type ClusterSeen, ConfigTable } from './config-table.ts'
import type { TableOptions } from './dynamodb-state.ts'

export interface DynamoDbConfigOptions extends TableOptions {
  /** How long a pointer is believed before it is read again. Milliseconds; 0 reads it each time. */
  readonly maxAgeMs?: number
}

const DEFAULT_MAX_AGE_MS = 5_000

/** Sets are replaced seldom; a reader that meets more replacements than this reads a broken table. */
const MAX_READS = 5

/** A pointer as it was read, or that there was none. */
interface KnownPointer {
  readonly pointer: Pointer | undefined
  readonly readAt: number
}

/**
 * The clusters' sets on DynamoDB (`CONFIG_TABLE`): compressed chunks, and one pointer to them that
 * is flipped when all are there. A reader sees the old set or the new one, whole, and learns of a
 * new one `maxAgeMs` late at most.
 */
export class DynamoDbConfigStore implements ConfigStore {
  readonly #table: ConfigTable
  readonly #clock: Clock
  readonly #maxAgeMs: number
  readonly #known = new Map<string, KnownPointer>()

  constructor({ client, tableName, clock, maxAgeMs }: DynamoDbConfigOptions) {
    this.#table = new ConfigTable(client, tableName)
    this.#clock = clock
    this.#maxAgeMs = maxAgeMs ?? DEFAULT_MAX_AGE_MS
  }

  async read(
    cluster: string,
    knownRevision?: string,
  ): Promise<ConfigSnapshot | 'unchanged' | undefined> {
    let pointer = await this.#pointer(cluster)
    for (let reads = 0; reads < MAX_READS; reads += 1) {
      if (!pointer) return undefined
      if (pointer.revision === knownRevision) return 'unchanged'
      const chunks = await this.#table.readChunks(cluster, pointer)
      if (chunks) return fromChunks(cluster, pointer, chunks)
      // It was replaced so long ago that its chunks are gone.
      pointer = await this.#readPointer(cluster)
    }
    throw new Error(`the configuration of cluster ${cluster} has lost a part; send it again`)
  }

  async replace(snapshot: ConfigSnapshot): Promise<'replaced' | 'stale'> {
    const { cluster, takenAt } = snapshot
    try {
      const current = await this.#table.readPointer(cluster)
      if (current && current.takenAt > takenAt) return 'stale'
      const content = contentOf(snapshot)
      const isSame =
        current?.revision === snapshot.revision && current.content === contentHash(content)
      if (isSame && (await this.#confirm(cluster, { ...current, takenAt }))) return 'replaced'
      return await this.#replaceBy(snapshot, content, current)
    } finally {
      this.#known.delete(cluster)
    }
  }

  /** When each cluster last sent its set: a shipper does so every ten minutes. */
  clustersSeen(): Promise<readonly ClusterSeen[]> {
    return this.#table.clustersSeen()
  }

  /** A shipper sends its set again every ten minutes: then only the time is new. */
  #confirm(cluster: string, pointer: Pointer): Promise<boolean> {
    return this.#table.flipPointer(cluster, pointer, pointer.setId)
  }

  async #replaceBy(
    { cluster, revision, takenAt }: ConfigSnapshot,
    content: string,
    current: Pointer | undefined,
  ): Promise<'replaced' | 'stale'> {
    const chunks = toChunks(content)
    const setId = randomUUID()
    await this.#table.writeChunks(cluster, setId, chunks, this.#clock.now())
    const pointer = {
      revision,
      takenAt,
      setId,
      chunks: chunks.length,
      content: contentHash(content),
    }
    const isFlipped = await this.#table.flipPointer(cluster, pointer)
    if (isFlipped) await this.#tidy(cluster, setId, current ? [current.setId] : [])
    return isFlipped ? 'replaced' : 'stale'
  }

  /** What a failure leaves here the next replacement finds, so it is not one of this. */
  async #tidy(cluster: string, setId: string, replaced: readonly string[]): Promise<void> {
    await this.#table
      .expireChunks(cluster, setId, replaced, this.#clock.now())
      .catch(() => undefined)
  }

  async #pointer(cluster: string): Promise<Pointer | undefined> {
    const known = this.#known.get(cluster)
    const isFresh = known && this.#clock.now() - known.readAt < this.#maxAgeMs
    return isFresh ? known.pointer : this.#readPointer(cluster)
  }

  async #readPointer(cluster: string): Promise<Pointer | undefined> {
    // The time before the read: a pointer is as old as its request.
    const readAt = this.#clock.now()
    const pointer = await this.#table.readPointer(cluster)
    this.#known.set(cluster, { pointer, readAt })
    return pointer
  }
}
