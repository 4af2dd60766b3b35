import { gunzipSync } from 'node:zlib'
import { isJsonObject, type JsonObject } from '../model/json-value.ts'
import type { Pause } from '../pipeline/slices.ts'
import { hasMoreValuesThan, parseJson } from './json.ts'
import { type Problem, problem } from './problem.ts'
import { decodeUtf8, repairUtf8 } from './utf8.ts'

const MIB = 1024 * 1024

/** The most bytes of a request with events, both compressed and unpacked: 3 MiB. */
export const MAX_EVENTS_BYTES = 3 * MIB

/** The most bytes of a configuration, both compressed and unpacked: 6 MiB. */
export const MAX_CONFIG_BYTES = 6 * MIB

/**
 * The most values in one event, which usually has some dozens. In memory each takes much more than
 * its bytes.
 */
export const MAX_EVENT_VALUES = 10_000

/** What a body may contain at most. Values are counted before the body is parsed. */
export interface BodyLimits {
  /** The most bytes, both compressed and unpacked. */
  readonly bytes: number
  readonly values: number
}

/** A request's body as it arrived, and the headers that say how to read it. */
export interface RequestBody {
  /** The bytes as they were sent, which may be compressed. */
  readonly body: Uint8Array
  readonly contentEncoding?: string | undefined
  readonly contentType?: string | undefined
}

export type DecodedBody = { readonly text: string } | { readonly problem: Problem }

/** Decodes bytes as text; undefined when they are not valid. */
type Decode = (bytes: Uint8Array) => string | undefined

/**
 * Unpacks and decodes a body, gzip or plain, with at most `maxBytes` both compressed and unpacked.
 */
export function decodeBody(
  { body, contentEncoding }: RequestBody,
  maxBytes: number,
  decode: Decode,
): DecodedBody {
  if (body.byteLength > maxBytes) return { problem: tooLarge(maxBytes) }
  if (body.byteLength === 0) return { problem: problem('unreadable-body', 'the body is empty') }
  const unpacked = unpack(body, (contentEncoding ?? '').trim().toLowerCase(), maxBytes)
  if ('problem' in unpacked) return unpacked
  const text = decode(unpacked.bytes)
  return text === undefined
    ? { problem: problem('unreadable-body', 'the body is not UTF-8') }
    : { text }
}

/** Whether a body has at most `maxBytes`, both compressed and unpacked. */
export function unpacksTo({ body, contentEncoding }: RequestBody, maxBytes: number): boolean {
  if (body.byteLength > maxBytes) return false
  const unpacked = unpack(body, (contentEncoding ?? '').trim().toLowerCase(), maxBytes)
  return 'bytes' in unpacked || unpacked.problem.code !== 'too-large'
}

/** The problem of a body over `maxBytes`. A host may find it before it has read the whole body. */
export function tooLarge(maxBytes: number): Problem {
  const most = maxBytes < MIB ? `${maxBytes / 1024} KiB` : `${maxBytes / MIB} MiB`
  return problem('too-large', `the body is larger than ${most}; send less at a time`)
}

function unpack(
  body: Uint8Array,
  encoding: string,
  maxBytes: number,
): { readonly bytes: Uint8Array } | { readonly problem: Problem } {
  if (encoding === '' || encoding === 'identity') return { bytes: body }
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    return { problem: problem('unknown-encoding', 'Content-Encoding: expected gzip or none') }
  }
  try {
    return { bytes: gunzipSync(body, { maxOutputLength: maxBytes }) }
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    return {
      problem: isTooLarge
        ? tooLarge(maxBytes)
        : problem('unreadable-body', 'the body is not whole, valid gzip'),
    }
  }
}

/**
 * Reads one event of at most `MAX_EVENT_VALUES` values. Bytes that are not UTF-8 are replaced, as
 * in Go.
 */
export function readEventObject(input: RequestBody) {
  return readObject(input, { bytes: MAX_EVENTS_BYTES, values: MAX_EVENT_VALUES }, repairUtf8)
}

/** Reads a body that must be one JSON object in UTF-8. */
export function readJsonObject(input: RequestBody, limits: BodyLimits) {
  return readObject(input, limits, decodeUtf8)
}

/**
 * Does what `readJsonObject` does, with a pause before the body is parsed, which takes the longest.
 */
export async function readLargeJsonObject(
  input: RequestBody,
  limits: BodyLimits,
  pause: Pause,
): Promise<ReadObject> {
  const counted = decodeCounted(input, limits, decodeUtf8)
  if ('problem' in counted) return counted
  await pause()
  return parseObject(counted.text)
}

type ReadObject = { readonly object: JsonObject } | { readonly problem: Problem }

function readObject(input: RequestBody, limits: BodyLimits, decode: Decode): ReadObject {
  const counted = decodeCounted(input, limits, decode)
  return 'problem' in counted ? counted : parseObject(counted.text)
}

function decodeCounted(
  input: RequestBody,
  { bytes, values }: BodyLimits,
  decode: Decode,
): DecodedBody {
  const decoded = decodeBody(input, bytes, decode)
  if ('problem' in decoded || !hasMoreValuesThan(decoded.text, values)) return decoded
  return { problem: problem('too-large', `expected at most ${values} values in the JSON`) }
}

function parseObject(text: string): ReadObject {
  const parsed = parseJson(text)
  if ('error' in parsed)
    return { problem: problem('unreadable-body', `the body is ${parsed.error}`) }
  if (!isJsonObject(parsed.value)) {
    return {
      problem: problem(
        'unreadable-body',
        `expected one JSON object, received ${typeName(parsed.value)}`,
      ),
    }
  }
  return { object: parsed.value }
}

/** The JSON type of a value, as errors name it. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`
}
