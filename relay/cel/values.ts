import { CelError } from './cel-error.ts'

/** A value of CEL's type uint, 0 to 2^64-1. */
export class CelUint {
  readonly value: bigint
  constructor(value: bigint) {
    this.value = value
  }
}

/** A time, with the offset in which it was written. */
export class CelTimestamp {
  /** Whole seconds since the epoch. */
  readonly seconds: number
  /** The nanoseconds of the second, from 0 to 999,999,999. */
  readonly nanos: number
  /** The offset of the time zone in minutes, positive for zones east of UTC. */
  readonly offsetMinutes: number
  constructor(seconds: number, nanos: number, offsetMinutes: number) {
    this.seconds = seconds
    this.nanos = nanos
    this.offsetMinutes = offsetMinutes
  }
}

/** A length of time, in nanoseconds. They fit an int64. */
export class CelDuration {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

/** The type of a value, as `type(x)` gives it. */
export class CelType {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** An optional value; `undefined` stands for none. */
export class CelOptional {
  readonly value: CelValue | undefined
  constructor(value: CelValue | undefined) {
    this.value = value
  }
}

export const NONE = new CelOptional(undefined)

/** A map that an expression makes. Its keys are bool, int, uint, double or string. */
export class CelMap {
  /** The entries, by the `keyText` of their keys. */
  readonly #entries = new Map<string, readonly [CelValue, CelValue]>()

  get size(): number {
    return this.#entries.size
  }
  set(key: CelValue, value: CelValue): void {
    this.#entries.set(keyText(key), [key, value])
  }
  delete(key: CelValue): void {
    this.#entries.delete(keyText(key))
  }
  get(key: CelValue): CelValue | undefined {
    return this.#entries.get(keyText(key))?.[1]
  }
  keys(): readonly CelValue[] {
    return [...this.#entries.values()].map(([key]) => key)
  }
}

/** A map with text keys that comes from outside: part of an event, an Alert or a Provider. */
export interface CelStruct {
  readonly [key: string]: CelValue
}

/**
 * A value of CEL. An int is a bigint, a double is a number, bytes are a Uint8Array, and a list is
 * an array.
 */
export type CelValue =
  | null
  | boolean
  | bigint
  | CelUint
  | number
  | string
  | Uint8Array
  | CelTimestamp
  | CelDuration
  | CelType
  | CelOptional
  | CelMap
  | readonly CelValue[]
  | CelStruct

/** The name of a value's type, as `type(x)` prints it. */
export function typeName(value: CelValue): string {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'bigint':
      return 'int'
    case 'number':
      return 'double'
    case 'boolean':
      return 'bool'
    default:
      return objectTypeName(value)
  }
}

function objectTypeName(value: object | null): string {
  if (value === null) return 'null_type'
  if (Array.isArray(value)) return 'list'
  if (value instanceof CelOptional) return 'optional_type'
  if (value instanceof CelUint) return 'uint'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof CelTimestamp) return 'google.protobuf.Timestamp'
  if (value instanceof CelDuration) return 'google.protobuf.Duration'
  return value instanceof CelType ? 'type' : 'map'
}

export function isList(value: CelValue): value is readonly CelValue[] {
  return Array.isArray(value)
}

export function isMap(value: CelValue): value is CelMap | CelStruct {
  return typeof value === 'object' && objectTypeName(value) === 'map'
}

const KEY_TYPES: ReadonlySet<string> = new Set(['string', 'int', 'uint', 'double', 'bool'])

/** Whether a value can be the key of a map, or the index of a list. */
export function isKey(value: CelValue): boolean {
  return KEY_TYPES.has(typeName(value))
}

/** A text that is equal for keys that are equal: those of the same type and value. */
function keyText(key: CelValue): string {
  if (!isKey(key)) throw new CelError(`a value of type ${typeName(key)} cannot be a map key`)
  return key instanceof CelUint ? `uint ${key.value}` : `${typeof key} ${String(key)}`
}

/** Makes CEL values of JSON. Whole numbers become ints, and undefined fields are left out. */
export function fromJson(json: unknown): CelValue {
  if (json === null || typeof json === 'string' || typeof json === 'boolean') return json
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : json
  if (typeof json === 'bigint') return json
  if (Array.isArray(json)) return json.map(fromJson)
  if (typeof json !== 'object') throw new CelError(`${typeof json} is not a JSON value`)
  return struct(
    Object.entries(json)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, fromJson(value)] as const),
  )
}

/** A struct with these entries. Any text can be a key, even `__proto__` and `constructor`. */
export function struct(entries: Iterable<readonly [string, CelValue]>): CelStruct {
  return Object.fromEntries(entries)
}
