import {
  type DynamoDBClient,
  PutItemCommand,
  paginateQuery,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { FLEET } from '../../relay/model/fleet.ts'
import { writeModeOf } from './cluster-modes.ts'
import { mapConcurrently } from './concurrency.ts'
import {
  type Admission,
  admissionOf,
  CHUNK_PREFIX,
  chunkKeys,
  POINTER,
  type Pointer,
  pastKey,
  pastPrefix,
  pointerItem,
  pointerOf,
  RETIRED_ATTRIBUTE,
  setPrefix,
  TOKENS,
} from './config-chunks.ts'
import {
  bytesOf,
  type Item,
  MalformedItem,
  namesOf,
  numberOf,
  textOf,
  wasWritten,
} from './dynamodb-item.ts'
import type { ItemReads } from './item-reads.ts'
import { type FlipOptions, pointerFlip } from './pointer-flip.ts'
import { CONFIG_INDEX, EXPIRY_ATTRIBUTE, TTL_ATTRIBUTE } from './tables.ts'
import { expiryAttributes, hasExpired } from './versioned-item.ts'

const CONCURRENT_REQUESTS = 8

/** How long replaced chunks are kept, for readers that still have the old pointer. */
const REPLACED_CHUNKS_KEPT_MS = 3_600_000

/**
 * How old chunks without a pointer must be to be deleted. A crash leaves them; younger ones may
 * still get a pointer.
 */
const ORPHAN_AGE_MS = 3_600_000

/**
 * The most pages, of a megabyte, in which chunks without a pointer are looked for at each replacement. DynamoDB takes
 * days to delete what has expired, and reading it counts.
 */
const MAX_PAGES_OF_CHUNKS = 3

/** A cluster that has a set, or may send one. */
export interface ClusterSeen {
  readonly cluster: string
  /** When it last sent a set itself, in milliseconds since the epoch; absent when it never did. */
  readonly heardAt?: number
}

/** The single requests by which a set is read and replaced. */
export class ConfigTable {
  readonly #client: DynamoDBClient
  readonly #tableName: string
  readonly #reads: ItemReads

  constructor(client: DynamoDBClient, tableName: string, reads: ItemReads) {
    this.#client = client
    this.#tableName = tableName
    this.#reads = reads
  }

  /** The pointer of a cluster; undefined also for a retired cluster. */
  async readPointer(cluster: string): Promise<Pointer | undefined> {
    const item = await this.#get(cluster, POINTER)
    if (!item || numberOf(item, RETIRED_ATTRIBUTE) !== undefined) return undefined
    const pointer = pointerOf(item)
    if (!pointer) throw new MalformedItem(this.#tableName, `${cluster} ${POINTER}`)
    return pointer
  }

  /**
   * Replaces the pointer, and keeps the mode of the cluster unless `observed` is given. False when the
   * stored set was taken later, or is not `sameSet`, if that is given.
   */
  flipPointer(cluster: string, pointer: Pointer, options: FlipOptions = {}): Promise<boolean> {
    const flip = pointerFlip(cluster, pointer, options)
    return wasWritten(
      this.#client.send(new UpdateItemCommand({ TableName: this.#tableName, ...flip })),
    )
  }

  /**
   * Writes the first pointer of a cluster, with the mode that is beside its tokens. A mode that is
   * changed meanwhile counts. False when another pointer came first.
   */
  async firstPointer(cluster: string, pointer: Pointer): Promise<boolean> {
    const observed = await this.isAdmittedObserved(cluster)
    if (!(await this.flipPointer(cluster, pointer, { observed }))) return false
    const now = await this.isAdmittedObserved(cluster)
    if (now !== observed) await writeModeOf(this.#client, this.#tableName, cluster, POINTER, now)
    return true
  }

  /** Whether a cluster without a set is observed, as it is beside its tokens. */
  async isAdmittedObserved(cluster: string): Promise<boolean> {
    return (await this.readAdmission(cluster)).isObserved
  }

  /** What is known of a cluster beside its set. */
  async readAdmission(cluster: string): Promise<Admission> {
    return admissionOf(await this.#get(cluster, TOKENS))
  }

  /** The chunks in order; undefined when one of them does not exist any more. */
  async readChunks(cluster: string, pointer: Pointer): Promise<readonly Uint8Array[] | undefined> {
    const parts = await mapConcurrently(chunkKeys(pointer), CONCURRENT_REQUESTS, async (part) =>
      bytesOf(await this.#get(cluster, part), 'data'),
    )
    const found = parts.flatMap((part) => part ?? [])
    return found.length === parts.length ? found : undefined
  }

  async writeChunks(
    cluster: string,
    setId: string,
    chunks: readonly Uint8Array[],
    now: number,
  ): Promise<void> {
    const keys = chunkKeys({ setId, chunks: chunks.length })
    await mapConcurrently(chunks, CONCURRENT_REQUESTS, (data, index) =>
      this.#client.send(
        new PutItemCommand({
          TableName: this.#tableName,
          Item: {
            cluster: { S: cluster },
            part: { S: keys[index] ?? '' },
            data: { B: data },
            writtenAt: { N: String(now) },
          },
        }),
      ),
    )
  }

  /** Keeps a set that is about to be replaced until it expires. Nothing where its chunks are gone. */
  async keepPast(cluster: string, pointer: Pointer, expiresAt: number): Promise<void> {
    const chunks = (await this.readChunks(cluster, pointer)) ?? []
    await mapConcurrently(chunks, CONCURRENT_REQUESTS, (data, index) =>
      this.#client.send(
        new PutItemCommand({
          TableName: this.#tableName,
          Item: {
            ...pointerItem(cluster, pointer),
            part: { S: pastKey(pointer, index) },
            data: { B: data },
            ...expiryAttributes(expiresAt),
          },
        }),
      ),
    )
  }

  /** A set of before whose revision begins so, the latest of several; undefined without a whole one. */
  async readPast(
    cluster: string,
    revision: string,
    now: number,
  ): Promise<{ readonly pointer: Pointer; readonly chunks: readonly Uint8Array[] } | undefined> {
    const query = {
      TableName: this.#tableName,
      KeyConditionExpression: '#cluster = :cluster AND begins_with(#part, :prefix)',
      ExpressionAttributeNames: namesOf('cluster', 'part'),
      ExpressionAttributeValues: {
        ':cluster': { S: cluster },
        ':prefix': { S: pastPrefix(revision) },
      },
    }
    const chunksOf = new Map<string, Map<string, Uint8Array>>()
    const pointers: Pointer[] = []
    for await (const { Items: items = [] } of paginateQuery({ client: this.#client }, query)) {
      for (const item of items) {
        const pointer = pointerOf(item)
        const data = bytesOf(item, 'data')
        if (pointer === undefined || data === undefined || hasExpired(item, now)) continue
        const known = chunksOf.get(pointer.setId)
        if (known === undefined) pointers.push(pointer)
        chunksOf.set(pointer.setId, (known ?? new Map()).set(textOf(item, 'part') ?? '', data))
      }
    }
    for (const pointer of pointers.sort((a, b) => b.takenAt - a.takenAt)) {
      const found = chunksOf.get(pointer.setId)
      const chunks = Array.from({ length: pointer.chunks }, (_, index) =>
        found?.get(pastKey(pointer, index)),
      ).filter((chunk) => chunk !== undefined)
      if (chunks.length === pointer.chunks) return { pointer, chunks }
    }
    return undefined
  }

  /** Sets a TTL on the chunks of a set that was replaced, and on some of those that a crash left. */
  async expireChunks(
    cluster: string,
    currentSetId: string,
    replaced: Pointer | undefined,
    now: number,
  ): Promise<void> {
    const expire = (parts: readonly string[]) =>
      mapConcurrently(parts, CONCURRENT_REQUESTS, (part) =>
        this.#expire(cluster, part, now + REPLACED_CHUNKS_KEPT_MS),
      )
    if (replaced) await expire(chunkKeys(replaced))
    const orphans = (await this.#lastingChunks(cluster)).filter(({ part, writtenAt }) => {
      return !part.startsWith(setPrefix(currentSetId)) && writtenAt <= now - ORPHAN_AGE_MS
    })
    await expire(orphans.map(({ part }) => part))
  }

  /**
   * Every cluster that has a set or tokens, since deliveries may wait for a cluster's first set. It
   * reads an index, which lags by some milliseconds.
   */
  async clustersSeen(): Promise<readonly ClusterSeen[]> {
    const [admitted, configured] = await Promise.all([this.#having(TOKENS), this.#having(POINTER)])
    const seen = new Map([...admitted, ...configured].map((it) => [it.cluster, it]))
    seen.delete(FLEET)
    return [...seen.values()]
  }

  async #having(part: string): Promise<readonly ClusterSeen[]> {
    const query = {
      TableName: this.#tableName,
      IndexName: CONFIG_INDEX.name,
      KeyConditionExpression: '#part = :part',
      FilterExpression: `attribute_not_exists(#${RETIRED_ATTRIBUTE})`,
      ProjectionExpression: '#cluster, #heardAt',
      ExpressionAttributeNames: namesOf('cluster', 'part', 'heardAt', RETIRED_ATTRIBUTE),
      ExpressionAttributeValues: { ':part': { S: part } },
    }
    const seen: ClusterSeen[] = []
    for await (const { Items: items = [] } of paginateQuery({ client: this.#client }, query)) {
      for (const item of items) {
        const heardAt = numberOf(item, 'heardAt')
        seen.push({
          cluster: textOf(item, 'cluster') ?? '',
          ...(heardAt !== undefined && { heardAt }),
        })
      }
    }
    return seen
  }

  /** The chunks without a TTL, as far as the first pages have them. */
  async #lastingChunks(cluster: string) {
    const query = {
      TableName: this.#tableName,
      KeyConditionExpression: '#cluster = :cluster AND begins_with(#part, :prefix)',
      FilterExpression: `attribute_not_exists(#${TTL_ATTRIBUTE})`,
      ProjectionExpression: '#part, #writtenAt',
      ExpressionAttributeNames: namesOf('cluster', 'part', 'writtenAt', TTL_ATTRIBUTE),
      ExpressionAttributeValues: { ':cluster': { S: cluster }, ':prefix': { S: CHUNK_PREFIX } },
      ConsistentRead: true,
    }
    const chunks = []
    let pages = 0
    for await (const { Items: items = [] } of paginateQuery({ client: this.#client }, query)) {
      for (const item of items) {
        const writtenAt = numberOf(item, 'writtenAt') ?? 0
        chunks.push({ part: textOf(item, 'part') ?? '', writtenAt })
      }
      pages += 1
      if (pages === MAX_PAGES_OF_CHUNKS) break
    }
    return chunks
  }

  /** Sets the expiry of an item if it exists. Without the condition an update would create it. */
  #expire(cluster: string, part: string, expiresAt: number): Promise<boolean> {
    const { [TTL_ATTRIBUTE]: seconds, [EXPIRY_ATTRIBUTE]: exact } = expiryAttributes(expiresAt)
    if (!seconds || !exact) throw new Error('an expiry has two attributes')
    const update = new UpdateItemCommand({
      TableName: this.#tableName,
      Key: { cluster: { S: cluster }, part: { S: part } },
      UpdateExpression: `SET #${TTL_ATTRIBUTE} = :seconds, #${EXPIRY_ATTRIBUTE} = :exact`,
      ConditionExpression: 'attribute_exists(#part)',
      ExpressionAttributeNames: namesOf('part', TTL_ATTRIBUTE, EXPIRY_ATTRIBUTE),
      ExpressionAttributeValues: { ':seconds': seconds, ':exact': exact },
    })
    return wasWritten(this.#client.send(update))
  }

  #get(cluster: string, part: string): Promise<Item | undefined> {
    return this.#reads.get(this.#tableName, { cluster: { S: cluster }, part: { S: part } })
  }
}
