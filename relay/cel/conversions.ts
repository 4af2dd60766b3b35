import { int, uint } from './arithmetic.ts'
import { CelError, noSuchOverload } from './cel-error.ts'
import { spendText } from './cost.ts'
import { formatGeneral, parseFloatAsGo } from './go-numbers.ts'
import {
  formatDuration,
  formatTimestamp,
  parseDuration,
  parseTimestamp,
  timestampOf,
} from './time-text.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'
import { CelDuration, CelTimestamp, CelType, CelUint, type CelValue, typeName } from './values.ts'

/** The functions that convert a value to another type, by the name of that type. */
export const CONVERSIONS: Readonly<Record<string, (value: CelValue) => CelValue>> = {
  bool: toBool,
  bytes: toBytes,
  double: toDouble,
  duration: toDuration,
  dyn: (value) => value,
  int: toInt,
  string: toText,
  timestamp: toTimestamp,
  type: (value) => new CelType(typeName(value)),
  uint: toUint,
}

function found<T>(value: T | undefined, type: string, text: string): T {
  if (value !== undefined) return value
  const shown = JSON.stringify(text.length > 50 ? `${text.slice(0, 50)}…` : text)
  throw new CelError(`${shown} is not a valid ${type}`)
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

function toBool(value: CelValue): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') throw noSuchOverload('bool')
  const parsed = TRUE.has(value) ? true : FALSE.has(value) ? false : undefined
  return found(parsed, 'bool', value)
}

function toBytes(value: CelValue): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value !== 'string') throw noSuchOverload('bytes')
  spendText(value.length)
  return encodeUtf8(value)
}

function toDouble(value: CelValue): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof CelUint) return Number(value.value)
  if (typeof value !== 'string') throw noSuchOverload('double')
  spendText(value.length)
  return found(parseFloatAsGo(value), 'double', value)
}

function toDuration(value: CelValue): CelDuration {
  if (value instanceof CelDuration) return value
  if (typeof value !== 'string') throw noSuchOverload('duration')
  spendText(value.length)
  return found(parseDuration(value), 'duration', value)
}

function toTimestamp(value: CelValue): CelTimestamp {
  if (value instanceof CelTimestamp) return value
  if (typeof value === 'bigint') {
    return found(timestampOf(Number(value), 0, 0), 'timestamp', String(value))
  }
  if (typeof value !== 'string') throw noSuchOverload('timestamp')
  return found(parseTimestamp(value), 'timestamp', value)
}

const MIN_INT = -(2 ** 63)
const MAX_INT = 2 ** 63
const MAX_UINT = 2 ** 64

function toInt(value: CelValue): bigint {
  if (typeof value === 'bigint') return value
  if (value instanceof CelUint) return int(value.value)
  if (value instanceof CelTimestamp) return BigInt(value.seconds)
  if (value instanceof CelDuration) return value.nanos
  if (typeof value === 'number') {
    if (!(value > MIN_INT && value < MAX_INT)) throw new CelError(`${value} does not fit an int`)
    return BigInt(Math.trunc(value))
  }
  if (typeof value !== 'string') throw noSuchOverload('int')
  return int(found(parseWhole(value, /^[+-]?\d+$/), 'int', value))
}

function toUint(value: CelValue): CelUint {
  if (value instanceof CelUint) return value
  if (typeof value === 'bigint') return uint(value)
  if (typeof value === 'number') {
    if (!(value >= 0 && value < MAX_UINT)) throw new CelError(`${value} does not fit a uint`)
    return uint(BigInt(Math.trunc(value)))
  }
  if (typeof value !== 'string') throw noSuchOverload('uint')
  return uint(found(parseWhole(value, /^\d+$/), 'uint', value))
}

/**
 * The most digits of a number that is converted. A longer one is no 64-bit number, unless it begins
 * with zeros.
 */
const MAX_DIGITS = 1_000

function parseWhole(text: string, pattern: RegExp): bigint | undefined {
  if (text.length > MAX_DIGITS || !pattern.test(text)) return undefined
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text.replace('+', ''))
}

function toText(value: CelValue): string {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return formatGeneral(value)
  if (value instanceof CelUint) return String(value.value)
  if (value instanceof CelTimestamp) return formatTimestamp(value)
  if (value instanceof CelDuration) return formatDuration(value)
  if (!(value instanceof Uint8Array)) throw noSuchOverload('string')
  spendText(value.length)
  const text = decodeUtf8(value)
  if (text === undefined)
    throw new CelError('the bytes are not valid UTF-8, so they cannot be a string')
  return text
}
