import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { ConfigSnapshot } from '../../relay/model/config.ts'
import { decodeText, encodeText, storedValue } from '../../relay/model/stored/codec.ts'
import { configContentCodec } from '../../relay/model/stored/config-snapshot.ts'
import { DamagedRecord } from '../../relay/model/stored/errors.ts'
import { type Item, numberOf, textOf } from './dynamodb-item.ts'

/** The most bytes of a chunk. An item may have 400 KiB, including names and keys. */
export const MAX_CHUNK_BYTES = 350_000

/** The sort key of the pointer. The sort keys of chunks contain `#`, and this one does not. */
export const POINTER = 'current'

/** The sort key of the hashes of a cluster's tokens, after those of the pointer and of the sets of before. */
export const TOKENS = 'tokens'

export const CHUNK_PREFIX = 'chunk#'

/** The sort keys of earlier sets begin with this. */
const PAST_PREFIX = 'past#'

/** The beginning of the sort keys of an earlier set's chunks. `revision` may be the beginning of a revision. */
export function pastPrefix(revision: string): string {
  return `${PAST_PREFIX}${revision}`
}

/** The sort key of a chunk of a set of before: sets of one revision may differ in what is ready. */
export function pastKey({ revision, setId }: Pointer, index: number): string {
  return `${pastPrefix(revision)}#${setId}#${index}`
}

/**
 * The attribute on the pointer of a retired cluster that tells when it was retired, in milliseconds
 * since the epoch.
 */
export const RETIRED_ATTRIBUTE = 'retiredAt'

/** The attribute on the tokens of a cluster that tells when the newest was made, in milliseconds since the epoch. */
export const NEWEST_AT_ATTRIBUTE = 'newestAt'

/** The attribute on the pointer, and on the tokens, of a cluster that is observed: true. */
export const OBSERVED_ATTRIBUTE = 'observed'

/** The attribute on the pointer that tells when its set came, in milliseconds since the epoch. */
export const CHANGED_AT_ATTRIBUTE = 'changedAt'

/** The attribute on the pointer of a set of which all that follows is done: true. */
export const FOLLOWED_ATTRIBUTE = 'followed'

/** The place of a cluster's set. */
export interface Pointer {
  readonly revision: string
  readonly takenAt: number
  /** The name of the chunks. It is never used twice, so chunks of two sets never mix. */
  readonly setId: string
  readonly chunks: number
  /** The SHA-256 of the chunks' content. */
  readonly content: string
  /** When the cluster last sent a set itself; absent when a person applied it. */
  readonly heardAt?: number
  /** The version of the cluster's shipper, as that told it last. */
  readonly shipper?: string
  /** Present when the cluster is observed. It stays as it is when the set is replaced. */
  readonly observed?: true
  /** When a set of this content came; absent where that was not noted. */
  readonly changedAt?: number
  /** Present when all that follows from the set is done. */
  readonly followed?: true
}

/** The sort keys of the chunks, in order. */
export function chunkKeys({ setId, chunks }: Pick<Pointer, 'setId' | 'chunks'>): readonly string[] {
  return Array.from({ length: chunks }, (_, index) => `${setPrefix(setId)}${index}`)
}

/** The start of the sort keys of a set's chunks. */
export function setPrefix(setId: string): string {
  return `${CHUNK_PREFIX}${setId}#`
}

/**
 * The content of a set, without its time, which is in the pointer. So a set that is sent again has
 * the same content.
 */
export function contentOf(snapshot: ConfigSnapshot): string {
  return encodeText(configContentCodec, snapshot)
}

export function contentHash(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}

/** Compresses the content and cuts it into chunks. */
export function toChunks(content: string): readonly Uint8Array[] {
  const bytes = gzipSync(content)
  return Array.from({ length: Math.ceil(bytes.length / MAX_CHUNK_BYTES) }, (_, index) =>
    bytes.subarray(index * MAX_CHUNK_BYTES, (index + 1) * MAX_CHUNK_BYTES),
  )
}

/**
 * The set of a cluster from its pointer and all of its chunks, in order. Throws `DamagedRecord` and
 * `LaterVersion`.
 */
export function fromChunks(
  cluster: string,
  { revision, takenAt }: Pointer,
  chunks: readonly Uint8Array[],
): ConfigSnapshot {
  const decoded = decodeText(configContentCodec, unpack(cluster, chunks))
  const set = storedValue(configContentCodec, decoded, `cluster ${cluster}`)
  return { cluster, revision, takenAt, ...set }
}

function unpack(cluster: string, chunks: readonly Uint8Array[]): string {
  try {
    return gunzipSync(Buffer.concat(chunks)).toString()
  } catch (cause) {
    throw new DamagedRecord('configuration', `cluster ${cluster}: ${String(cause)}`)
  }
}

/** The item of a pointer, without the mode of its cluster. */
export function pointerItem(cluster: string, pointer: Pointer): Item {
  return {
    cluster: { S: cluster },
    part: { S: POINTER },
    revision: { S: pointer.revision },
    takenAt: { N: String(pointer.takenAt) },
    setId: { S: pointer.setId },
    chunks: { N: String(pointer.chunks) },
    content: { S: pointer.content },
    ...(pointer.heardAt !== undefined && { heardAt: { N: String(pointer.heardAt) } }),
    ...(pointer.shipper !== undefined && { shipper: { S: pointer.shipper } }),
    ...(pointer.changedAt !== undefined && {
      [CHANGED_AT_ATTRIBUTE]: { N: String(pointer.changedAt) },
    }),
    ...(pointer.followed && { [FOLLOWED_ATTRIBUTE]: { BOOL: true } }),
  }
}

/** Whether an item says that its cluster is observed. */
export function isObservedItem(item: Item | undefined): boolean {
  return item?.[OBSERVED_ATTRIBUTE]?.BOOL === true
}

/** The pointer of an item; undefined for an item that `pointerItem` did not make. */
export function pointerOf(item: Item): Pointer | undefined {
  const [revision, setId] = [textOf(item, 'revision'), textOf(item, 'setId')]
  const [takenAt, chunks] = [numberOf(item, 'takenAt'), numberOf(item, 'chunks')]
  const [content, heardAt] = [textOf(item, 'content'), numberOf(item, 'heardAt')]
  if (revision === undefined || setId === undefined || content === undefined) return undefined
  if (takenAt === undefined || chunks === undefined) return undefined
  const shipper = textOf(item, 'shipper')
  const told = { ...(heardAt !== undefined && { heardAt }), ...(shipper && { shipper }) }
  const observed = isObservedItem(item) ? ({ observed: true } as const) : {}
  const changedAt = numberOf(item, CHANGED_AT_ATTRIBUTE)
  const followed = item[FOLLOWED_ATTRIBUTE]?.BOOL === true ? ({ followed: true } as const) : {}
  const noted = { ...(changedAt !== undefined && { changedAt }), ...followed }
  return { revision, takenAt, setId, chunks, content, ...told, ...observed, ...noted }
}

/** How a cluster was admitted. */
export interface Admission {
  readonly isObserved: boolean
  /** How many tokens it has; absent for one whose tokens are in Secrets Manager alone. */
  readonly tokens?: number
  /** When the newest of them was made, in milliseconds since the epoch; absent where that was not noted. */
  readonly newestTokenAt?: number
}

/** Reads how a cluster was admitted. `item`: that of its tokens; undefined where it has none. */
export function admissionOf(item: Item | undefined): Admission {
  const newestTokenAt = numberOf(item, NEWEST_AT_ATTRIBUTE)
  return {
    isObserved: isObservedItem(item),
    ...(item && { tokens: item.hashes?.L?.length ?? 0 }),
    ...(newestTokenAt !== undefined && { newestTokenAt }),
  }
}
