import { CelError, noSuchOverload } from './cel-error.ts'
import { getKey, mapKeys, mapSize } from './collections.ts'
import { spend, spendText } from './cost.ts'
import { compareBytes, compareText } from './utf8.ts'
import {
  CelDuration,
  CelMap,
  CelOptional,
  CelTimestamp,
  CelType,
  CelUint,
  type CelValue,
  isList,
  isMap,
} from './values.ts'

/**
 * Evaluates `a == b`. Values of two types are unequal, except numbers, which are compared as
 * numbers.
 */
export function equals(a: CelValue, b: CelValue): boolean {
  spend(1)
  if (typeof a === 'string' || typeof b === 'string') return a === b
  if (isNumber(a)) return isNumber(b) && compareNumbers(a, b) === 0
  if (isList(a)) return isList(b) && equalLists(a, b)
  if (a instanceof Uint8Array) return b instanceof Uint8Array && equalBytes(a, b)
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanos === b.nanos
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && compareTimes(a, b) === 0
  if (a instanceof CelType) return b instanceof CelType && a.name === b.name
  if (a instanceof CelOptional) return b instanceof CelOptional && equalOptionals(a, b)
  if (!isMap(a)) return a === b
  return isMap(b) && mapSize(a) === mapSize(b) && mapKeys(a).every((key) => hasEqual(a, b, key))
}

function hasEqual(a: MapValue, b: MapValue, key: CelValue): boolean {
  const [x, y] = [getKey(a, key), getKey(b, key)]
  return x !== undefined && y !== undefined && equals(x, y)
}

type MapValue = Parameters<typeof getKey>[0]

function equalLists(a: readonly CelValue[], b: readonly CelValue[]): boolean {
  return a.length === b.length && a.every((value, index) => equals(value, b[index] ?? null))
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  spendText(a.length)
  return compareBytes(a, b) === 0
}

function equalOptionals({ value: a }: CelOptional, { value: b }: CelOptional): boolean {
  return a === undefined || b === undefined ? a === b : equals(a, b)
}

type NumberValue = bigint | number | CelUint

function isNumber(value: CelValue): value is NumberValue {
  return typeof value === 'bigint' || typeof value === 'number' || value instanceof CelUint
}

/**
 * Negative, 0 or positive, as `a` is less than, equal to or greater than `b`; NaN when one of them
 * is NaN.
 */
function compareNumbers(a: NumberValue, b: NumberValue): number {
  const [x, y] = [a instanceof CelUint ? a.value : a, b instanceof CelUint ? b.value : b]
  if (typeof x === 'bigint' && typeof y === 'bigint') return x < y ? -1 : x > y ? 1 : 0
  // A whole number is compared with a double as the double that is next to it, as Go does it.
  const [left, right] = [Number(x), Number(y)]
  if (left === right) return 0
  return left < right ? -1 : left > right ? 1 : Number.NaN
}

function compareTimes(a: CelTimestamp, b: CelTimestamp): number {
  return a.seconds - b.seconds || a.nanos - b.nanos
}

/**
 * The order of two values: negative, 0 or positive; NaN when one of them is NaN. Throws `CelError`.
 */
export function order(a: CelValue, b: CelValue): number {
  if (typeof a === 'string' && typeof b === 'string') {
    spendText(Math.min(a.length, b.length))
    return compareText(a, b)
  }
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    spendText(Math.min(a.length, b.length))
    return compareBytes(a, b)
  }
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return compareTimes(a, b)
  if (a instanceof CelDuration && b instanceof CelDuration) {
    return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0
  }
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN
  throw noSuchOverload('the comparison')
}

/**
 * Evaluates `element in container`. Throws `CelError` when the container is neither a list nor a
 * map.
 */
export function contains(container: CelValue, element: CelValue): boolean {
  if (isList(container)) return container.some((value) => equals(element, value))
  if (isMap(container)) return findKey(container, element)
  throw noSuchOverload('in')
}

function findKey(map: MapValue, key: CelValue): boolean {
  // Go's maps cannot be asked for bytes; the objects of an event are asked for texts only.
  if (key instanceof Uint8Array && map instanceof CelMap && map.size > 0) {
    throw new CelError('bytes cannot be a key of a map')
  }
  try {
    return getKey(map, key) !== undefined
  } catch (error) {
    // A list, a map or a time is the key of no map.
    if (error instanceof CelError) return false
    throw error
  }
}
