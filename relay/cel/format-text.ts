import { CelError } from './cel-error.ts'
import { getKey, mapKeys } from './collections.ts'
import { spendText } from './cost.ts'
import { formatFixed, formatScientific, formatShortest } from './go-numbers.ts'
import { formatDuration, formatTimestamp } from './time-text.ts'
import { compareText, concatBytes, decodeUtf8, encodeUtf8 } from './utf8.ts'
import {
  CelDuration,
  type CelMap,
  CelTimestamp,
  CelType,
  CelUint,
  type CelValue,
  isList,
  isMap,
  typeName,
} from './values.ts'

/** A clause such as `%.3f`, or text between clauses. */
export type FormatPart =
  | { readonly text: string }
  | { readonly clause: string; readonly precision: number }

const DEFAULT_PRECISION = 6
const MAX_PRECISION = 100
const CLAUSE = /%(?:\.(\d+))?([sdfebxXo])/y

/** The types of values that a clause accepts. */
export const CLAUSE_TYPES: Readonly<Record<string, readonly string[]>> = {
  d: ['int', 'uint', 'double'],
  f: ['int', 'uint', 'double'],
  e: ['int', 'uint', 'double'],
  b: ['bool', 'int', 'uint'],
  x: ['int', 'uint', 'string', 'bytes'],
  X: ['int', 'uint', 'string', 'bytes'],
  o: ['int', 'uint'],
}

/** Splits a format into its parts. Throws `CelError`. */
export function parseFormat(format: string): readonly FormatPart[] {
  const parts: FormatPart[] = []
  let at = 0
  while (at < format.length) {
    const percent = format.indexOf('%', at)
    const end = percent < 0 ? format.length : percent
    if (end > at) parts.push({ text: format.slice(at, end) })
    at = end
    if (percent < 0) break
    if (format[at + 1] === '%') {
      parts.push({ text: '%' })
      at += 2
      continue
    }
    CLAUSE.lastIndex = at
    const [all, digits, clause = ''] = CLAUSE.exec(format) ?? []
    if (all === undefined) {
      throw new CelError(`format: ${JSON.stringify(format.slice(at, at + 3))} is not a clause`)
    }
    const precision = digits === undefined ? DEFAULT_PRECISION : Number(digits)
    if (precision > MAX_PRECISION) throw new CelError(`format: more than ${MAX_PRECISION} digits`)
    parts.push({ clause, precision })
    at += all.length
  }
  return parts
}

/** Evaluates `format` of cel-go's strings extension. Throws `CelError`. */
export function formatText(format: string, args: readonly CelValue[]): string {
  spendText(format.length)
  let next = 0
  const pieces = parseFormat(format).map((part) => {
    if ('text' in part) return part.text
    const value = args[next]
    if (value === undefined) throw new CelError(`format: there is no argument ${next}`)
    next += 1
    return formatClause(part.clause, part.precision, value)
  })
  const text = concat(pieces)
  spendText(text.length)
  return text
}

type Piece = string | Uint8Array

/**
 * Joins pieces. Bytes stay bytes until the end: two halves of a character may come together. A
 * string of Go can hold bytes that are not UTF-8, and one of JavaScript cannot.
 */
function concat(pieces: readonly Piece[]): string {
  if (pieces.every((piece) => typeof piece === 'string')) return pieces.join('')
  const bytes = pieces.map((piece) => (typeof piece === 'string' ? encodeUtf8(piece) : piece))
  const text = decodeUtf8(concatBytes(bytes))
  if (text === undefined) throw new CelError('format: the bytes are not valid UTF-8')
  return text
}

function formatClause(clause: string, precision: number, value: CelValue): Piece {
  if (clause === 's') return plain(value)
  if (!CLAUSE_TYPES[clause]?.includes(typeName(value))) {
    throw new CelError(`format: %${clause} does not take a ${typeName(value)}`)
  }
  const whole = value instanceof CelUint ? value.value : value
  switch (clause) {
    case 'd':
      return typeof whole === 'number' ? formatShortest(whole) : String(whole)
    case 'f':
      return formatFixed(Number(whole), precision)
    case 'e':
      return formatScientific(Number(whole), precision)
    case 'b':
      return typeof whole === 'bigint' ? whole.toString(2) : whole === true ? '1' : '0'
    case 'o':
      return (whole as bigint).toString(8)
    default:
      return clause === 'X' ? hex(whole).toUpperCase() : hex(whole)
  }
}

function hex(value: CelValue): string {
  if (typeof value === 'bigint') return value.toString(16)
  const bytes = typeof value === 'string' ? encodeUtf8(value) : (value as Uint8Array)
  spendText(bytes.length)
  return Buffer.from(bytes).toString('hex')
}

/** A value as `%s` writes it. */
function plain(value: CelValue): Piece {
  if (typeof value === 'string' || value instanceof Uint8Array) {
    spendText(value.length)
    return value
  }
  if (typeof value === 'number') return formatShortest(value)
  if (value instanceof CelUint) return String(value.value)
  if (value instanceof CelDuration) return formatDuration(value)
  if (value instanceof CelTimestamp) {
    return formatTimestamp(new CelTimestamp(value.seconds, value.nanos, 0))
  }
  if (value instanceof CelType) return value.name
  if (isList(value)) return concat(['[', ...separate(value.map(plain)), ']'])
  if (isMap(value)) return concat(['{', ...separate(entries(value)), '}'])
  if (typeof value === 'object' && value !== null) {
    throw new CelError(`format: %s does not take a value of type ${typeName(value)}`)
  }
  return String(value)
}

function separate(pieces: readonly Piece[]): readonly Piece[] {
  return pieces.flatMap((piece, index) => (index === 0 ? [piece] : [', ', piece]))
}

/** The entries of a map, in the order of the texts of their keys. */
function entries(map: CelMap | Readonly<Record<string, CelValue>>): readonly Piece[] {
  return mapKeys(map)
    .map((key) => [concat([plain(key)]), plain(getKey(map, key) ?? null)] as const)
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, value]) => concat([`${key}: `, value]))
}
