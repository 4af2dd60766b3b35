import { gunzipSync } from 'node:zlib'
import type { RawItem } from '../pipeline/accept.ts'
import { hasMoreValuesThan, isJsonObject, parseJson } from './json.ts'
import { type Problem, problem } from './problem.ts'
import { decodeUtf8, repairUtf8 } from './utf8.ts'

const MIB = 1024 * 1024

/** Most bytes of a request with events, both as sent and unpacked: 3 MiB. */
export const MAX_EVENTS_BYTES = 3 * MIB

/** Most bytes of a configuration, both as sent and unpacked: 6 MiB. */
export const MAX_CONFIG_BYTES = 6 * MIB

/** Most events of one request. */
export const MAX_EVENTS = 10_000

/** A request's body as it arrived, and the headers that say how to read it. */
export interface RequestBody {
  /** As sent, so perhaps compressed. */
  readonly body: Uint8Array
  readonly contentEncoding?: string | undefined
  readonly contentType?: string | undefined
}

type Decoded = { readonly text: string } | { readonly problem: Problem }

/** Makes text of bytes; undefined when they are none. */
type Decode = (bytes: Uint8Array) => string | undefined

/** Unpacks a body to text: at most `maxBytes` as sent and unpacked, gzip or plain. */
function decodeBody(
  { body, contentEncoding }: RequestBody,
  maxBytes: number,
  decode: Decode,
): Decoded {
  if (body.byteLength > maxBytes) return { problem: tooLarge(maxBytes) }
  if (body.byteLength === 0) return { problem: problem(400, 'the body is empty') }
  const unpacked = unpack(body, (contentEncoding ?? '').trim().toLowerCase(), maxBytes)
  if ('problem' in unpacked) return unpacked
  const text = decode(unpacked.bytes)
  return text === undefined ? { problem: problem(400, 'the body is not UTF-8') } : { text }
}

/** The problem of a body over `maxBytes`, which a host may find before it has read all of it. */
export function tooLarge(maxBytes: number): Problem {
  const most = maxBytes < MIB ? `${maxBytes / 1024} KiB` : `${maxBytes / MIB} MiB`
  return problem(413, `the body is larger than ${most}; send less at a time`)
}

function unpack(
  body: Uint8Array,
  encoding: string,
  maxBytes: number,
): { readonly bytes: Uint8Array } | { readonly problem: Problem } {
  if (encoding === '' || encoding === 'identity') return { bytes: body }
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    return { problem: problem(415, 'Content-Encoding: expected gzip or none') }
  }
  try {
    return { bytes: gunzipSync(body, { maxOutputLength: maxBytes }) }
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    return {
      problem: isTooLarge ? tooLarge(maxBytes) : problem(400, 'the body is not whole, valid gzip'),
    }
  }
}

type Items = { readonly items: readonly RawItem[] } | { readonly problem: Problem }

/**
 * Reads a body with events: one JSON object, a JSON array, or NDJSON. NDJSON is told by its content
 * type, or by its first line being an object although the whole is not JSON. Of NDJSON a bad line
 * rejects itself only. What is not UTF-8 becomes U+FFFD, as for Go's decoder: a controller quotes
 * whatever a program has said.
 */
export function readItems(input: RequestBody): Items {
  const decoded = decodeBody(input, MAX_EVENTS_BYTES, repairUtf8)
  if ('problem' in decoded) return decoded
  const read = isNdjson(input.contentType) ? linesOf(decoded.text) : itemsOf(decoded.text)
  if ('problem' in read) return read
  if (read.items.length === 0) return { problem: problem(400, 'there is no event in the body') }
  if (read.items.length > MAX_EVENTS) {
    return { problem: problem(413, `expected at most ${MAX_EVENTS} events in one request`) }
  }
  return read
}

/** Reads a body that must be one JSON object: a single event. */
export function readSingleItem(input: RequestBody): Items {
  const read = readEventObject(input)
  return 'problem' in read ? read : { items: [{ value: read.object }] }
}

/** Reads one event, of at most `maxValues`, as `readItems` does. */
export function readEventObject(input: RequestBody, maxValues = Number.POSITIVE_INFINITY) {
  return readObject(input, MAX_EVENTS_BYTES, repairUtf8, maxValues)
}

/** Reads a body of at most `maxBytes` that must be one JSON object in UTF-8. */
export function readJsonObject(input: RequestBody, maxBytes: number) {
  return readObject(input, maxBytes, decodeUtf8, Number.POSITIVE_INFINITY)
}

function readObject(input: RequestBody, maxBytes: number, decode: Decode, maxValues: number) {
  const decoded = decodeBody(input, maxBytes, decode)
  if ('problem' in decoded) return decoded
  if (hasMoreValuesThan(decoded.text, maxValues)) {
    return { problem: problem(400, `expected at most ${maxValues} values in the JSON`) }
  }
  const parsed = parseJson(decoded.text)
  if ('error' in parsed) return { problem: problem(400, `the body is ${parsed.error}`) }
  if (!isJsonObject(parsed.value)) {
    return { problem: problem(400, `expected one JSON object, received ${typeName(parsed.value)}`) }
  }
  return { object: parsed.value }
}

const NDJSON_TYPES: ReadonlySet<string> = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
])

function isNdjson(contentType = ''): boolean {
  const [mediaType = ''] = contentType.split(';')
  return NDJSON_TYPES.has(mediaType.trim().toLowerCase())
}

function itemsOf(text: string): Items {
  const parsed = parseJson(text)
  if ('error' in parsed) {
    if (startsLikeNdjson(text)) return linesOf(text)
    return { problem: problem(400, `the body is ${parsed.error}`) }
  }
  const { value } = parsed
  if (Array.isArray(value)) return { items: value.map((item: unknown) => ({ value: item })) }
  if (isJsonObject(value)) return { items: [{ value }] }
  const expected = 'expected an event, a JSON array of events, or NDJSON'
  return { problem: problem(400, `${expected}, received ${typeName(value)}`) }
}

function startsLikeNdjson(text: string): boolean {
  const trimmed = text.trim()
  const end = trimmed.indexOf('\n')
  if (end < 0) return false
  const first = parseJson(trimmed.slice(0, end))
  return 'value' in first && isJsonObject(first.value)
}

function linesOf(text: string): Items {
  const items = text.split('\n').flatMap((line, index): RawItem[] => {
    if (line.trim() === '') return []
    const parsed = parseJson(line)
    return ['error' in parsed ? { error: `line ${index + 1} is ${parsed.error}` } : parsed]
  })
  return { items }
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`
}
