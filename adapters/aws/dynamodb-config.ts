import { randomUUID } from 'node:crypto'
import type { ConfigSnapshot } from '../../relay/model/config.ts'
import { DEFAULT_RETENTION_MS } from '../../relay/model/retention.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { ClusterModes } from '../../relay/ports/cluster-modes.ts'
import type { ConfigHistory } from '../../relay/ports/config-history.ts'
import type { ConfigStore } from '../../relay/ports/config-store.ts'
import { contentHash, contentOf, fromChunks, type Pointer, toChunks } from './config-chunks.ts'
import { type ClusterSeen, ConfigTable } from './config-table.ts'
import type { TableOptions } from './dynamodb-state.ts'
import { separateReads } from './item-reads.ts'

/**
 * The most reads of one set. Sets are rarely replaced; more replacements during a read mean a
 * broken table.
 */
const MAX_READS = 5

/** What a cluster told of itself with its sets. */
type Heard = Pick<Pointer, 'heardAt' | 'shipper'>

export interface DynamoDbConfigOptions extends TableOptions {
  /**
   * Whether the sets come from clusters themselves, which are then watched for silence, and not
   * from people.
   */
  readonly hearsClusters?: boolean
  /** How long the ledger keeps what may name a revision. Milliseconds. */
  readonly retentionMs?: number
}

/**
 * The clusters' sets on DynamoDB (`CONFIG_TABLE`): compressed chunks, and one pointer that is
 * replaced when all of them are written. A reader sees either the old or the new set, as a whole.
 * Each read reads the pointer, so that an event which was accepted after a change meets the new
 * set.
 */
export class DynamoDbConfigStore implements ConfigStore, ConfigHistory, ClusterModes {
  readonly #table: ConfigTable
  readonly #clock: Clock
  readonly #hearsClusters: boolean
  readonly #retentionMs: number

  constructor(options: DynamoDbConfigOptions) {
    const { client, tableName, clock, reads, hearsClusters = false } = options
    this.#table = new ConfigTable(client, tableName, reads ?? separateReads({ client, clock }))
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

  /**
   * The mode is beside the revision: who asks for both at once has them by one read. A cluster
   * without a set counts as live, since nothing can be sent for it.
   */
  async isObserved(cluster: string): Promise<boolean> {
    return (await this.#table.readPointer(cluster))?.observed === true
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

  async replace(snapshot: ConfigSnapshot, shipper?: string): Promise<'replaced' | 'stale'> {
    const { cluster, takenAt } = snapshot
    const current = await this.#table.readPointer(cluster)
    if (current && current.takenAt > takenAt) return 'stale'
    const content = contentOf(snapshot)
    const isSame =
      current?.revision === snapshot.revision && current.content === contentHash(content)
    const heard = this.#heard(current, takenAt, shipper)
    const isConfirmed = isSame && (await this.#confirm(cluster, { ...current, ...heard, takenAt }))
    if (isConfirmed) return 'replaced'
    return await this.#replaceBy(snapshot, content, current, heard)
  }

  /** When each cluster last sent its set. A shipper does so every ten minutes. */
  clustersSeen(): Promise<readonly ClusterSeen[]> {
    return this.#table.clustersSeen()
  }

  /** A person may apply a set for a cluster that sends its own. */
  #heard(current: Pointer | undefined, takenAt: number, shipper = current?.shipper): Heard {
    const heardAt = this.#hearsClusters ? takenAt : current?.heardAt
    return {
      ...(heardAt !== undefined && { heardAt }),
      ...(shipper !== undefined && { shipper }),
    }
  }

  /** Writes only the time of a set that a shipper sends again, as it does every ten minutes. */
  #confirm(cluster: string, pointer: Pointer): Promise<boolean> {
    return this.#table.flipPointer(cluster, pointer, { sameSet: pointer.setId })
  }

  async #replaceBy(
    { cluster, revision, takenAt }: ConfigSnapshot,
    content: string,
    current: Pointer | undefined,
    heard: Heard,
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
      changedAt: this.#clock.now(),
      ...heard,
    }
    if (current && current.revision !== revision) {
      await this.#table.keepPast(cluster, current, this.#clock.now() + this.#retentionMs)
    }
    const isFlipped = current
      ? await this.#table.flipPointer(cluster, pointer)
      : await this.#table.firstPointer(cluster, pointer)
    if (isFlipped) await this.#tidy(cluster, setId, current)
    return isFlipped ? 'replaced' : 'stale'
  }

  /**
   * Removes old chunks. It does not report failures, since the next replacement finds what is left.
   */
  async #tidy(cluster: string, setId: string, replaced: Pointer | undefined): Promise<void> {
    await this.#table
      .expireChunks(cluster, setId, replaced, this.#clock.now())
      .catch(() => undefined)
  }
}
