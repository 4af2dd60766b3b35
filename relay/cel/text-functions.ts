import { CelError } from './cel-error.ts'
import { spend, spendText } from './cost.ts'

/*
 * cel-go's strings extension, which counts characters and not UTF-16 units:
 * https://github.com/google/cel-go/blob/v0.31.0/ext/strings.go
 */

const SURROGATE = /[\ud800-\udfff]/

/** Access to a text by its characters. A text without characters beyond U+FFFF is used as it is. */
interface Characters {
  readonly length: number
  /** The index in the text at which a character begins, in UTF-16 units. */
  unitsAt(index: number): number
  /** The index of the character at a place in the text. */
  indexOf(units: number): number
}

function charactersOf(text: string): Characters {
  spendText(text.length)
  if (!SURROGATE.test(text)) {
    return { length: text.length, unitsAt: (index) => index, indexOf: (units) => units }
  }
  const starts = [0]
  for (const character of text) starts.push((starts.at(-1) ?? 0) + character.length)
  return {
    length: starts.length - 1,
    unitsAt: (index) => starts[index] ?? text.length,
    indexOf: (units) => starts.indexOf(units),
  }
}

export function countCharacters(text: string): number {
  return charactersOf(text).length
}

function outOfRange(index: bigint): CelError {
  return new CelError(`index out of range: ${index}`)
}

export function charAt(text: string, index: bigint): string {
  const { length, unitsAt } = charactersOf(text)
  if (index < 0n || index > BigInt(length)) throw outOfRange(index)
  return text.slice(unitsAt(Number(index)), unitsAt(Number(index) + 1))
}

export function substring(text: string, start: bigint, end?: bigint): string {
  const { length, unitsAt } = charactersOf(text)
  const last = end ?? BigInt(length)
  if (start > last) throw new CelError(`substring: ${start} is after ${last}`)
  if (start < 0n) throw outOfRange(start)
  if (last > BigInt(length)) throw outOfRange(last)
  return text.slice(unitsAt(Number(start)), unitsAt(Number(last)))
}

export function indexOf(text: string, part: string, from = 0n): bigint {
  const { length, unitsAt, indexOf: indexAt } = charactersOf(text)
  if (from < 0n) throw outOfRange(from)
  if (from > BigInt(length)) return part === '' ? BigInt(length) : -1n
  const found = text.indexOf(part, unitsAt(Number(from)))
  return found < 0 ? -1n : BigInt(indexAt(found))
}

export function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const { length, unitsAt, indexOf: indexAt } = charactersOf(text)
  if (from !== undefined && from < 0n) throw outOfRange(from)
  const start = from ?? BigInt(length)
  if (start > BigInt(length)) return part === '' ? BigInt(length) : -1n
  // A text that begins at its end is none, except where no start is given.
  if (part !== '' && from !== undefined && from === BigInt(length)) return -1n
  const found = text.lastIndexOf(part, unitsAt(Number(start)))
  return found < 0 ? -1n : BigInt(indexAt(found))
}

/** The text with ASCII letters in lower case. `İ` and `K` (Kelvin) stay as they are. */
export function lowerAscii(text: string): string {
  spendText(text.length)
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

export function upperAscii(text: string): string {
  spendText(text.length)
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())
}

/**
 * The characters of Go's unicode.IsSpace. Unlike JavaScript's trim it includes U+0085, and not
 * U+FEFF.
 */
const SPACE =
  '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const NOT_SPACE = new RegExp(`[^${SPACE}]`)
const TRAILING_SPACE = new RegExp(`[${SPACE}]`)

export function trim(text: string): string {
  spendText(text.length)
  const start = text.search(NOT_SPACE)
  if (start < 0) return ''
  let end = text.length
  while (TRAILING_SPACE.test(text[end - 1] ?? '')) end -= 1
  return text.slice(start, end)
}

export function reverse(text: string): string {
  spendText(text.length)
  return [...text].reverse().join('')
}

/**
 * Splits a text as Go's strings.SplitN does: into at most `limit` parts, or all parts when it is
 * negative.
 */
export function split(text: string, separator: string, limit = -1n): readonly string[] {
  spendText(text.length)
  if (limit === 0n) return []
  const parts = separator === '' ? [...text] : text.split(separator)
  spend(parts.length)
  if (limit < 0n || BigInt(parts.length) <= limit) return parts
  const kept = Number(limit) - 1
  return [...parts.slice(0, kept), parts.slice(kept).join(separator)]
}

/** Replaces as Go's strings.Replace does: the first `limit` places, or all when it is negative. */
export function replace(text: string, from: string, to: string, limit = -1n): string {
  const parts = from === '' ? ['', ...text, ''] : text.split(from)
  // An empty text is before each character and at the end: one place less than there are joints.
  const places = from === '' ? (text === '' ? 1 : parts.length - 1) : parts.length - 1
  const replaced = limit < 0n || limit > BigInt(places) ? places : Number(limit)
  spendText(text.length + replaced * to.length)
  spend(parts.length)
  if (from === '' && text === '') return replaced > 0 ? to : ''
  const head = parts.slice(0, replaced + 1).join(to)
  return [head, ...parts.slice(replaced + 1)].join(from)
}

export function join(parts: readonly unknown[], separator = ''): string {
  let length = 0
  const texts = parts.map((part) => {
    if (typeof part !== 'string') throw new CelError('join takes a list of strings')
    length += part.length + separator.length
    return part
  })
  spend(texts.length)
  spendText(length)
  return texts.join(separator)
}

const QUOTED: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

export function quote(text: string): string {
  spendText(2 * text.length)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
  return `"${text.replace(/[\x07\b\f\n\r\t\v\\"]/g, (character) => QUOTED[character] ?? character)}"`
}
