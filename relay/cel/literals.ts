import { parseFloatAsGo } from './go-numbers.ts'
import { concatBytes, encodeUtf8 } from './utf8.ts'

const MAX_INT = 2n ** 63n - 1n
const MIN_INT = -(2n ** 63n)
const MAX_UINT = 2n ** 64n - 1n

/** The value of a number literal; undefined when it is out of range. */
export function intLiteral(text: string, negative: boolean): bigint | undefined {
  const value = negative ? -BigInt(text) : BigInt(text)
  return value < MIN_INT || value > MAX_INT ? undefined : value
}

/** The value of an unsigned literal, such as `5u` or `0xFFu`; undefined when it is out of range. */
export function uintLiteral(text: string): bigint | undefined {
  const value = BigInt(text.slice(0, -1))
  return value > MAX_UINT ? undefined : value
}

export function floatLiteral(text: string, negative: boolean): number | undefined {
  return parseFloatAsGo(negative ? `-${text}` : text)
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** A part of a literal: an escape, or the text between escapes. */
const PART = /\\(?:[0-7]{3}|[xX]..|u.{4}|U.{8}|.)|[^\\]+/gs

/** The text that a string token stands for; undefined when an escape names no character. */
export function stringLiteral(token: string): string | undefined {
  const { raw, body } = unquote(token)
  if (raw) return body
  let text = ''
  for (const [part] of body.matchAll(PART)) {
    const code = part.startsWith('\\') ? codeOf(part) : undefined
    if (code === undefined) text += plainPart(part)
    else if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined
    else text += String.fromCodePoint(code)
  }
  return text
}

/**
 * The bytes of a token such as `b'\xff'`; undefined when it has an escape that bytes do not have.
 */
export function bytesLiteral(token: string): Uint8Array | undefined {
  const { raw, body } = unquote(token.slice(1))
  if (raw) return encodeUtf8(body)
  const parts: Uint8Array[] = []
  for (const [part] of body.matchAll(PART)) {
    if (/^\\[uU]/.test(part)) return undefined
    const code = part.startsWith('\\') ? codeOf(part) : undefined
    parts.push(code === undefined ? encodeUtf8(plainPart(part)) : Uint8Array.of(code))
  }
  return concatBytes(parts)
}

function unquote(token: string): { readonly raw: boolean; readonly body: string } {
  const raw = /^[rR]/.test(token)
  const quoted = (raw ? token.slice(1) : token).replace(/\r\n?/g, '\n')
  const quotes = quoted.length >= 6 && /^(?:"""|''')/.test(quoted) ? 3 : 1
  return { raw, body: quoted.slice(quotes, -quotes) }
}

/** The code of an escape: `\101`, `\x41`, `\u0041` or `\U00000041`. */
function codeOf(sequence: string): number | undefined {
  if (/^\\[0-7]/.test(sequence)) return Number.parseInt(sequence.slice(1), 8)
  if (/^\\[xXuU]/.test(sequence)) return Number.parseInt(sequence.slice(2), 16)
  return undefined
}

function plainPart(part: string): string {
  if (!part.startsWith('\\')) return part
  const character = part.slice(1)
  return SIMPLE_ESCAPES[character] ?? character
}
