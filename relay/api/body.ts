import { gunzipSync } from 'node:zlib'
import { isJsonObject, type JsonObject } from '../model/json-value.ts'
import type { Pause } from '../pipeline/slices.ts'
import { hasMoreValuesThan, parseJson } from './json.ts'
import { type Problem, problem } from './problem.ts'
import { decodeUtf8, repairUtf8 } from './utf8.ts'

const MIB = 1024 * 1024

/** Most bytes of a request with events, both as sent and unpacked: 3 MiB. */
export const MAX_EVENTS_BYTES = 3 * MIB

/** Most bytes of a configuration, both as sent and unpacked: 6 MiB. */
export const MAX_CONFIG_BYTES = 6 * MIB

/** Most values of one event, which has some dozens. Each costs much more memory than it has bytes. */
export const MAX_EVENT_VALUES = 10_000

/** How much a body may hold. Values are counted before any of them is made. */
export interface BodyLimits {
  /** As sent and unpacked. */
  readonly bytes: number
  readonly values: number
}

/** A request's body as it arrived, and the headers that say how to read it. */
export interface RequestBody {
  /** As sent, so perhaps compressed. */
  readonly body: Uint8Array
  readonly contentEncoding?: string | undefined
  readonly contentType?: string | undefined
}

export type DecodedBody = { readonly text: string } | { readonly problem: Problem }

/** Makes text of bytes; undefined when they are none. */
type Decode = (bytes: Uint8Array) => string | undefined

/** Unpacks a body to text: at most `maxBytes` as sent and unpacked, gzip or plain. */
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

/** Whether a body has at most so many bytes, both as sent and unpacked. */
export function unpacksTo({ body, contentEncoding }: RequestBody, maxBytes: number): boolean {
  if (body.byteLength > maxBytes) return false
  const unpacked = unpack(body, (contentEncoding ?? '').trim().toLowerCase(), maxBytes)
  return 'bytes' in unpacked || unpacked.problem.code !== 'too-large'
}

/** The problem of a body over `maxBytes`, which a host may find before it has read all of it. */
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

/** Reads one event of at most `MAX_EVENT_VALUES`. What is not UTF-8 is replaced, as Go does it. */
export function readEventObject(input: RequestBody) {
  return readObject(input, { bytes: MAX_EVENTS_BYTES, values: MAX_EVENT_VALUES }, repairUtf8)
}

/** Reads a body that must be one JSON object in UTF-8. */
export function readJsonObject(input: RequestBody, limits: BodyLimits) {
  return readObject(input, limits, decodeUtf8)
}

/** The same with a pause before it is parsed, which takes the longest. */
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

/** What JSON calls a value, as an error names it. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`
}
