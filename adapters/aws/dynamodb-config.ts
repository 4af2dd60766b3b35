import { randomUUID } from 'node:crypto'
import type { ConfigSnapshot } from '../../relay/model/config.ts'
import { DEFAULT_RETENTION_MS } from '../../relay/model/retention.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { ConfigHistory } from '../../relay/ports/config-history.ts'
import type { ConfigStore } from '../../relay/ports/config-store.ts'
import { contentHash, contentOf, fromChunks, type Pointer, toChunks } from './config-chunks.ts'
import { type ClusterSeen, ConfigTable } from './config-table.ts'
import type { TableOptions } from './dynamodb-state.ts'

/** Sets are replaced seldom; a reader that meets more replacements than this reads a broken table. */
const MAX_READS = 5

export interface DynamoDbConfigOptions extends TableOptions {
  /** Whether the sets come from clusters themselves, which then may fall silent; else from people. */
  readonly hearsClusters?: boolean
  /** How long the ledger keeps what may name a revision. Milliseconds. */
  readonly retentionMs?: number
}

/**
 * The clusters' sets on DynamoDB (`CONFIG_TABLE`): compressed chunks, and one pointer to them that
 * is flipped when all are there. A reader sees the old set or the new one, whole. Each read asks for
 * the pointer, so that an event which was accepted after a change meets the new set.
 */
export class DynamoDbConfigStore implements ConfigStore, ConfigHistory {
  readonly #table: ConfigTable
  readonly #clock: Clock
  readonly #hearsClusters: boolean
  readonly #retentionMs: number

  constructor(options: DynamoDbConfigOptions) {
    const { client, tableName, clock, hearsClusters = false } = options
    this.#table = new ConfigTable(client, tableName)
    this.#clock = clock
    this.#hearsClusters = hearsClusters
    this.#retentionMs = options.retentionMs ?? DEFAULT_RETENTION_MS
  }

  async read(
    cluster: string,
    knownRevision?: string,
  ): Promise<ConfigSnapshot | 'unchanged' | undefined> {
    for (let reads = 0; reads < MAX_READS; reads += 1) {
      const pointer = await this.#table.readPointer(cluster)
      if (!pointer) return undefined
      if (pointer.revision === knownRevision) return 'unchanged'
      const chunks = await this.#table.readChunks(cluster, pointer)
      if (chunks) return fromChunks(cluster, pointer, chunks)
      // It was replaced meanwhile, and its chunks are gone.
    }
    throw new Error(`the configuration of cluster ${cluster} has lost a part; send it again`)
  }

  async readRevision(cluster: string, revision: string): Promise<ConfigSnapshot | undefined> {
    const pointer = await this.#table.readPointer(cluster)
    if (pointer?.revision.startsWith(revision)) {
      const current = await this.read(cluster)
      if (typeof current === 'object' && current.revision.startsWith(revision)) return current
    }
    const past = await this.#table.readPast(cluster, revision, this.#clock.now())
    return past && fromChunks(cluster, past.pointer, past.chunks)
  }

  async replace(snapshot: ConfigSnapshot): Promise<'replaced' | 'stale'> {
    const { cluster, takenAt } = snapshot
    const current = await this.#table.readPointer(cluster)
    if (current && current.takenAt > takenAt) return 'stale'
    const content = contentOf(snapshot)
    const isSame =
      current?.revision === snapshot.revision && current.content === contentHash(content)
    const isConfirmed =
      isSame &&
      (await this.#confirm(cluster, { ...current, ...this.#heard(current, takenAt), takenAt }))
    if (isConfirmed) return 'replaced'
    return await this.#replaceBy(snapshot, content, current)
  }

  /** When each cluster was last heard of: a shipper sends its set every ten minutes. */
  clustersSeen(): Promise<readonly ClusterSeen[]> {
    return this.#table.clustersSeen()
  }

  #heard(current: Pointer | undefined, takenAt: number): Pick<Pointer, 'heardAt'> {
    if (this.#hearsClusters) return { heardAt: takenAt }
    return current?.heardAt === undefined ? {} : { heardAt: current.heardAt }
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
      // A person may apply a set for a cluster that sends its own.
      ...this.#heard(current, takenAt),
    }
    if (current && current.revision !== revision) {
      await this.#table.keepPast(cluster, current, this.#clock.now() + this.#retentionMs)
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
}
