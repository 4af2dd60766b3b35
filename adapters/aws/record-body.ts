import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib'
import type { JsonObject } from '../../relay/model/json-value.ts'
import type { StoredReading } from '../../relay/model/stored/codec.ts'
import { RECORD_DICTIONARY_1 } from './record-dictionary.ts'

/** The first byte of a compact body: raw DEFLATE with the first dictionary. */
const DEFLATE_1 = 1

/**
 * The first byte of a gzip file (RFC 1952), which was the only compressed form of earlier versions.
 */
const GZIP = 0x1f

const DEFLATE_OPTIONS = { dictionary: RECORD_DICTIONARY_1, level: 9, memLevel: 9 }

/** The most bytes of an unpacked body; the largest record has some megabytes. */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024

/**
 * The content of a body: the record's JSON, and whether some of its fields are attributes of the
 * item.
 */
export type UnpackedBody =
  | { readonly kind: 'text'; readonly json: string; readonly isWhole: boolean }
  | Exclude<StoredReading<never>, { kind: 'read' }>

/** The fields of a record that a compact body leaves to the attributes of its item. */
export const APART = ['id', 'cluster', 'acceptedAt', 'outcome'] as const

/** The body of a record in a form that commit 591c4aa can read too. */
export function gzipBody(json: string): Uint8Array {
  return gzipSync(json)
}

/**
 * The body of a record without the fields that its item has. A small one is half as long as
 * `gzipBody` makes it.
 */
export function compactBody(stored: JsonObject): Uint8Array {
  const rest: Record<string, unknown> = { ...stored }
  for (const name of APART) delete rest[name]
  const packed = deflateRawSync(JSON.stringify(rest), DEFLATE_OPTIONS)
  return Buffer.concat([Uint8Array.of(DEFLATE_1), packed])
}

/** Reads a body of either form. Never throws. */
export function unpackBody(body: Uint8Array): UnpackedBody {
  const [form = 0] = body
  try {
    if (form === GZIP) {
      const options = { maxOutputLength: MAX_UNPACKED_BYTES }
      return { kind: 'text', json: gunzipSync(body, options).toString(), isWhole: true }
    }
    if (form > DEFLATE_1) return { kind: 'later', version: form }
    const options = { ...DEFLATE_OPTIONS, maxOutputLength: MAX_UNPACKED_BYTES }
    const json = inflateRawSync(body.subarray(1), options).toString()
    return { kind: 'text', json, isWhole: false }
  } catch {
    return { kind: 'damaged', cause: 'its body cannot be unpacked' }
  }
}
