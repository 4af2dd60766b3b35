import { isJsonObject } from '../model/json-value.ts'
import type { RawItem } from '../pipeline/accept.ts'
import { noPause, type Pause } from '../pipeline/slices.ts'
import {
  decodeBody,
  MAX_EVENT_VALUES,
  MAX_EVENTS_BYTES,
  type RequestBody,
  readEventObject,
  typeName,
} from './body.ts'
import { MAX_NESTING, parseJson, placeOf, placeText } from './json.ts'
import { elementSpans, type JsonSpan, lineSpans, wholeSpan } from './json-spans.ts'
import { type Problem, problem } from './problem.ts'
import { repairUtf8 } from './utf8.ts'

/** The most events of one request. */
export const MAX_EVENTS = 10_000

/** The most values of one request: fifty for each event, twice as many as an event usually has. */
export const MAX_VALUES = 500_000

export type Items = { readonly items: readonly RawItem[] } | { readonly problem: Problem }

/** How many characters are parsed without a pause: one or two milliseconds of work. */
const SLICE = 32 * 1024

/**
 * The length up to which a text is not counted, since it holds fewer values than one event may
 * have.
 */
const MAX_UNCOUNTED = 16 * 1024

/**
 * Reads a body with events: one JSON object, a JSON array, or NDJSON. NDJSON is recognised by its
 * content type, or because its first line is an object and the whole is not JSON. A bad line of
 * NDJSON is rejected alone. Bytes that are not UTF-8 become U+FFFD, as in Go's decoder, since a
 * controller quotes whatever a program printed. Items and values are counted before anything is
 * parsed. Waits for `pause` between the parts of a large body.
 */
export async function readItems(input: RequestBody, pause: Pause = noPause): Promise<Items> {
  const decoded = decodeBody(input, MAX_EVENTS_BYTES, repairUtf8)
  if ('problem' in decoded) return decoded
  const { text } = decoded
  if (text.length > MAX_UNCOUNTED) await pause()
  const read = await (isNdjson(input.contentType) ? linesOf(text, pause) : itemsOf(text, pause))
  if ('problem' in read || read.items.length > 0) return read
  return { problem: problem('unreadable-body', 'there is no event in the body') }
}

/** Reads a body that must be one JSON object: a single event. */
export function readSingleItem(input: RequestBody): Items {
  const read = readEventObject(input)
  return 'problem' in read ? read : { items: [{ value: read.object }] }
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

async function itemsOf(text: string, pause: Pause): Promise<Items> {
  if (text.length > MAX_UNCOUNTED) {
    const start = text.search(/\S/)
    if (text[start] === '[') return elementsOf(text, start, pause)
    if (startsLikeNdjson(text)) return linesOf(text, pause)
    if (wholeSpan(text, 0, text.length, MAX_EVENT_VALUES) === 'values') return tooManyInOne()
  }
  const parsed = parseJson(text)
  if ('error' in parsed) {
    if (startsLikeNdjson(text)) return linesOf(text, pause)
    return { problem: problem('unreadable-body', `the body is ${parsed.error}`) }
  }
  const { value } = parsed
  if (Array.isArray(value)) return { items: value.map((item: unknown) => ({ value: item })) }
  if (isJsonObject(value)) return { items: [{ value }] }
  const expected = 'expected an event, a JSON array of events, or NDJSON'
  return { problem: problem('unreadable-body', `${expected}, received ${typeName(value)}`) }
}

function startsLikeNdjson(text: string): boolean {
  const trimmed = text.trim()
  const end = trimmed.indexOf('\n')
  if (end < 0 || wholeSpan(trimmed, 0, end, MAX_EVENT_VALUES) === 'values') return false
  const first = parseJson(trimmed.slice(0, end))
  return 'value' in first && isJsonObject(first.value)
}

const LIMITS = { items: MAX_EVENTS, values: MAX_VALUES }

/** Yields the elements of a large array, each parsed by itself. */
async function elementsOf(text: string, start: number, pause: Pause): Promise<Items> {
  const spans = elementSpans(text, start, LIMITS)
  if ('tooMany' in spans) return tooMany(spans.tooMany)
  if ('brokenAt' in spans) return broken(text, spans.brokenAt)
  const items: RawItem[] = []
  for await (const span of inSlices(spans, pause)) {
    const tooLarge = oversized(span)
    const item = tooLarge ?? parseJson(text.slice(span.start, span.end))
    // What is broken in one element is broken in the whole text.
    if ('error' in item && !tooLarge) return brokenElement(text, span)
    items.push('error' in item ? { error: `it is ${item.error}` } : item)
  }
  return { items }
}

async function linesOf(text: string, pause: Pause): Promise<Items> {
  const spans = lineSpans(text, LIMITS)
  if ('tooMany' in spans) return tooMany(spans.tooMany)
  const items: RawItem[] = []
  let line = 1
  let countedTo = 0
  for await (const span of inSlices(spans, pause)) {
    line += newlines(text, countedTo, span.start)
    countedTo = span.start
    const item = oversized(span) ?? parseLine(text.slice(span.start, span.end))
    items.push('error' in item ? { error: `line ${line} is ${item.error}` } : item)
  }
  return { items }
}

function parseLine(text: string) {
  return parseJson(text, undefined, ({ column }) => ` at column ${column}`)
}

/** Yields the spans in their order, with a pause after every `SLICE` characters. */
async function* inSlices(spans: readonly JsonSpan[], pause: Pause): AsyncGenerator<JsonSpan> {
  let size = 0
  for (const span of spans) {
    if (size > SLICE) {
      await pause()
      size = 0
    }
    yield span
    size += span.end - span.start
  }
}

function oversized({ values, isTooDeep }: JsonSpan): { readonly error: string } | undefined {
  if (values > MAX_EVENT_VALUES) return { error: `larger than ${MAX_EVENT_VALUES} values` }
  return isTooDeep ? { error: `nested deeper than ${MAX_NESTING} levels` } : undefined
}

function newlines(text: string, start: number, end: number): number {
  let count = 0
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) {
    count += 1
  }
  return count
}

function broken(text: string, at: number): Items {
  const where = at < text.length ? placeText(placeOf(text, at)) : ': it ends too early'
  return { problem: problem('unreadable-body', `the body is not valid JSON${where}`) }
}

function brokenElement(text: string, { start, end }: JsonSpan): Items {
  const parsed = parseJson(text.slice(start, end), placeOf(text, start))
  if ('error' in parsed)
    return { problem: problem('unreadable-body', `the body is ${parsed.error}`) }
  throw new Error('an element that did not parse does')
}

function tooManyInOne(): Items {
  return {
    problem: problem('too-large', `expected at most ${MAX_EVENT_VALUES} values in one event`),
  }
}

function tooMany(what: 'items' | 'values'): Items {
  const most = what === 'values' ? `${MAX_VALUES} values` : `${MAX_EVENTS} events`
  return {
    problem: problem('too-large', `expected at most ${most} in one request; send less at a time`),
  }
}
