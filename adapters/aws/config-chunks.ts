import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { ConfigSnapshot } from '../../relay/model/config.ts'
import { decodeText, encodeText, storedValue } from '../../relay/model/stored/codec.ts'
import { configContentCodec } from '../../relay/model/stored/config-snapshot.ts'
import { DamagedRecord } from '../../relay/model/stored/errors.ts'
import { type Item, numberOf, textOf } from './dynamodb-item.ts'

/** Most bytes of a chunk. An item may have 400 KiB with its names and keys. */
export const MAX_CHUNK_BYTES = 350_000

/** The sort key of the pointer; `#` keeps the chunks' apart. */
export const POINTER = 'current'

/** The sort key of the hashes of a cluster's tokens; it and the pointer are next to each other. */
export const TOKENS = 'tokens'

export const CHUNK_PREFIX = 'chunk#'

/** With what the sort keys of the sets of before begin. */
const PAST_PREFIX = 'past#'

/** With what the sort keys of the chunks of a revision of before begin; of one that begins so. */
export function pastPrefix(revision: string): string {
  return `${PAST_PREFIX}${revision}`
}

/** The sort key of a chunk of a set of before: sets of one revision may differ in what is ready. */
export function pastKey({ revision, setId }: Pointer, index: number): string {
  return `${pastPrefix(revision)}#${setId}#${index}`
}

/** On the pointer of a cluster that was retired: when, in milliseconds since the epoch. */
export const RETIRED_ATTRIBUTE = 'retiredAt'

/** Where a cluster's set is. */
export interface Pointer {
  readonly revision: string
  readonly takenAt: number
  /** Names the chunks. Never used twice, so chunks of two sets never mix. */
  readonly setId: string
  readonly chunks: number
  /** SHA-256 of what the chunks hold. */
  readonly content: string
  /** When the cluster last sent a set by itself; absent: a person applied it. */
  readonly heardAt?: number
}

/** The chunks' sort keys, in order. */
export function chunkKeys({ setId, chunks }: Pick<Pointer, 'setId' | 'chunks'>): readonly string[] {
  return Array.from({ length: chunks }, (_, index) => `${setPrefix(setId)}${index}`)
}

/** With what the sort keys of a set's chunks begin. */
export function setPrefix(setId: string): string {
  return `${CHUNK_PREFIX}${setId}#`
}

/** A set as it is stored: without its time, which is the pointer's, so a re-sent one is equal. */
export function contentOf(snapshot: ConfigSnapshot): string {
  return encodeText(configContentCodec, snapshot)
}

export function contentHash(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}

/** Compresses and cuts. */
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
  }
}

/** The pointer of an item; undefined for an item that `pointerItem` did not make. */
export function pointerOf(item: Item): Pointer | undefined {
  const [revision, setId] = [textOf(item, 'revision'), textOf(item, 'setId')]
  const [takenAt, chunks] = [numberOf(item, 'takenAt'), numberOf(item, 'chunks')]
  const [content, heardAt] = [textOf(item, 'content'), numberOf(item, 'heardAt')]
  if (revision === undefined || setId === undefined || content === undefined) return undefined
  if (takenAt === undefined || chunks === undefined) return undefined
  return { revision, takenAt, setId, chunks, content, ...(heardAt !== undefined && { heardAt }) }
}
