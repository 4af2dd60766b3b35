import { CelError } from './cel-error.ts'
import {
  CelMap,
  CelOptional,
  type CelStruct,
  CelUint,
  type CelValue,
  isKey,
  isList,
  isMap,
  NONE,
  typeName,
} from './values.ts'

type AnyMap = CelMap | CelStruct

export function mapSize(map: AnyMap): number {
  return map instanceof CelMap ? map.size : Object.keys(map).length
}

export function mapKeys(map: AnyMap): readonly CelValue[] {
  return map instanceof CelMap ? map.keys() : Object.keys(map)
}

/**
 * The value of a key. A number finds the key that is equal to it, even if that has another number
 * type.
 */
export function getKey(map: AnyMap, key: CelValue): CelValue | undefined {
  if (map instanceof CelMap) return getNumberKey(map, key)
  return typeof key === 'string' && Object.hasOwn(map, key) ? map[key] : undefined
}

/** The value of this key, or else of a key of another number type that equals it. */
function getNumberKey(map: CelMap, key: CelValue): CelValue | undefined {
  const found = map.get(key)
  if (found !== undefined) return found
  if (key instanceof CelUint) return map.get(key.value)
  if (typeof key === 'bigint') return key < 0n ? undefined : map.get(new CelUint(key))
  if (typeof key !== 'number' || !Number.isInteger(key)) return undefined
  const whole = BigInt(key)
  return map.get(whole) ?? (whole < 0n ? undefined : map.get(new CelUint(whole)))
}

/**
 * The index in a list that a number stands for. Throws `CelError` for a number that is not whole.
 */
function listIndex(index: CelValue): number {
  if (typeof index === 'bigint') return Number(index)
  if (index instanceof CelUint) return Number(index.value)
  if (typeof index === 'number' && Number.isInteger(index)) return index
  throw new CelError(`a list has no index of type ${typeName(index)}`)
}

/** Throws `CelError` for a value that can be neither a key nor an index. */
export function checkKey(key: CelValue): void {
  if (!isKey(key)) throw new CelError(`a value of type ${typeName(key)} cannot be a key`)
}

/**
 * The value at a key or an index; undefined when there is none. Throws `CelError` for a value that
 * cannot be a key.
 */
function find(container: CelValue, key: CelValue): CelValue | undefined {
  checkKey(key)
  if (isList(container)) {
    const index = listIndex(key)
    return index < 0 ? undefined : container[index]
  }
  return isMap(container) ? getKey(container, key) : undefined
}

/**
 * Evaluates `container.key` and `container[key]`. The result for an optional is optional too.
 * Throws `CelError`.
 */
export function select(container: CelValue, key: CelValue): CelValue {
  if (container instanceof CelOptional) return selectOptional(container, key)
  const found = find(container, key)
  if (found !== undefined) return found
  const shown = key instanceof CelUint ? `${key.value}` : String(key)
  throw new CelError(isList(container) ? `there is no element ${shown}` : `no such key: ${shown}`)
}

/** Evaluates `container.?key` and `container[?key]`. */
export function selectOptional(container: CelValue, key: CelValue): CelOptional {
  const inner = container instanceof CelOptional ? container.value : container
  if (inner === undefined) return NONE
  const found = find(inner, key)
  return found === undefined ? NONE : new CelOptional(found)
}

/** Evaluates `has(container.key)`. */
export function hasKey(container: CelValue, key: string): boolean {
  return selectOptional(container, key) !== NONE
}
