import { isUtf8 } from 'node:buffer'
import type { Scalar } from 'yaml'

/** What a scalar stands for; an integer is exact. */
export type ScalarValue = string | number | bigint | boolean | null

type ResolvedScalar = { readonly value: ScalarValue } | { readonly problem: string }

const STANDARD_TAG = 'tag:yaml.org,2002:'

const WRONG_TAG = 'the value is not what its tag says it is'

/**
 * What a scalar, whose value is the text as it is written, without quotes and escapes, stands for to `kubectl apply`, which reads YAML by sigs.k8s.io/yaml, and so by the
 * rules of go-yaml 2: those of YAML 1.1 for the most part.
 * https://github.com/yaml/go-yaml/blob/v2.4.2/resolve.go
 */
export function resolveScalar(scalar: Scalar): ResolvedScalar {
  const text = String(scalar.value ?? '')
  const { tag, type: style } = scalar
  if (tag === undefined) {
    return style === undefined || style === 'PLAIN' ? resolvePlain(text) : { value: text }
  }
  const type = tag.startsWith(STANDARD_TAG) ? tag.slice(STANDARD_TAG.length) : ''
  if (type === 'binary') return resolveBinary(text)
  if (type === 'timestamp') {
    return /^\d{4}-\d\d?-\d\d?(?:$|[Tt ])/.test(text) ? { value: text } : { problem: WRONG_TAG }
  }
  if (!['bool', 'int', 'float', 'null'].includes(type)) return { value: text }
  const resolved = resolvePlain(text)
  if ('problem' in resolved || isOfType(resolved.value, type)) return resolved
  return { problem: WRONG_TAG }
}

function isOfType(value: ScalarValue, type: string): boolean {
  if (type === 'null') return value === null
  if (type === 'bool') return typeof value === 'boolean'
  if (type === 'int') return typeof value === 'bigint'
  return typeof value === 'number' || typeof value === 'bigint'
}

function resolveBinary(text: string): ResolvedScalar {
  const packed = text.replace(/[\r\n]/g, '')
  const isBase64 = packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed)
  if (!isBase64) return { problem: 'a value with the tag !!binary is not base64' }
  const bytes = Buffer.from(packed, 'base64')
  if (!isUtf8(bytes)) return { problem: 'a value with the tag !!binary is not UTF-8 text' }
  return { value: bytes.toString('utf8') }
}

const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map(
    (word) => [word, true] as const,
  ),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map(
    (word) => [word, false] as const,
  ),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
])

const INFINITY_OR_NAN = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const DECIMAL = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/

function resolvePlain(text: string): ResolvedScalar {
  const word = WORDS.get(text)
  if (word !== undefined) return { value: word }
  if (INFINITY_OR_NAN.test(text)) {
    return { problem: 'JSON has no such number; if it is a text, put it in quotes' }
  }
  if (!/^[-+.\d]/.test(text)) return { value: text }
  const plain = text.startsWith('.') ? text : text.replaceAll('_', '')
  const integer = parseInteger(plain)
  if (integer !== undefined) return { value: integer }
  if (!DECIMAL.test(plain)) return { value: text }
  const value = Number(plain)
  if (Number.isFinite(value)) return { value }
  return { problem: 'a number that is too large; if it is a text, put it in quotes' }
}

const BASES = [
  { digits: /^0[xX][0-9a-fA-F]+$/, prefix: '' },
  { digits: /^0[bB][01]+$/, prefix: '' },
  { digits: /^0[oO][0-7]+$/, prefix: '' },
  { digits: /^0[0-7]+$/, prefix: '0o' },
  { digits: /^(?:0|[1-9]\d*)$/, prefix: '' },
] as const

/**
 * Parses an integer that fits into 64 bits. Beyond them Go takes a decimal one as a float, and
 * others as text.
 */
function parseInteger(text: string): bigint | undefined {
  const [, sign = '', digits = ''] = /^([-+]?)(\d.*)$/.exec(text) ?? []
  const base = BASES.find((each) => each.digits.test(digits))
  if (!base) return undefined
  const size = BigInt(base.prefix + digits)
  const limit = sign === '' ? 2n ** 64n - 1n : sign === '+' ? 2n ** 63n - 1n : 2n ** 63n
  if (size > limit) return undefined
  return sign === '-' ? -size : size
}
