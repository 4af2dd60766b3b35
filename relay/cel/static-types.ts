/** A type that is known before evaluation. `params` are those of list, map, optional and type. */
export interface StaticType {
  readonly kind: TypeKind
  /** The name of a type parameter. For other kinds it is the type's name, as people know it. */
  readonly name: string
  readonly params: readonly StaticType[]
  /** How many types it consists of. */
  readonly size: number
}

type TypeKind =
  | 'bool'
  | 'bytes'
  | 'double'
  | 'duration'
  | 'dyn'
  | 'int'
  | 'list'
  | 'map'
  | 'null'
  | 'optional'
  | 'param'
  | 'string'
  | 'timestamp'
  | 'type'
  | 'uint'

const NO_PARAMS: readonly StaticType[] = []

function simple(kind: TypeKind, name: string = kind): StaticType {
  return { kind, name, params: NO_PARAMS, size: 1 }
}

export const BOOL = simple('bool')
export const BYTES = simple('bytes')
export const DOUBLE = simple('double')
export const DURATION = simple('duration', 'google.protobuf.Duration')
export const DYN = simple('dyn')
export const INT = simple('int')
export const NULL = simple('null', 'null_type')
export const STRING = simple('string')
export const TIMESTAMP = simple('timestamp', 'google.protobuf.Timestamp')
export const UINT = simple('uint')
/** The type of a type value, when nothing is known about that type. */
export const TYPE = simple('type')

export const typeParam = (name: string): StaticType => simple('param', name)
export const listOf = (element: StaticType): StaticType => compound('list', [element])
export const optionalOf = (value: StaticType): StaticType => compound('optional', [value])
export const typeOf = (value: StaticType): StaticType => compound('type', [value])
export const mapOf = (key: StaticType, value: StaticType): StaticType =>
  compound('map', [key, value])

export function compound(kind: TypeKind, params: readonly StaticType[]): StaticType {
  const name = kind === 'optional' ? 'optional_type' : kind
  return { kind, name, params, size: 1 + params.reduce((sum, { size }) => sum + size, 0) }
}

/** The n-th parameter of the type; `dyn` for a type that has none. */
export function paramOf(type: StaticType, index: number): StaticType {
  return type.params[index] ?? DYN
}

/** Whether two types are the same. With `byName`, type parameters must have the same name too. */
export function isSameType(a: StaticType, b: StaticType, byName: boolean): boolean {
  if (a === b) return true
  if (a.kind !== b.kind || a.params.length !== b.params.length) return false
  if (a.kind === 'param' && byName && a.name !== b.name) return false
  return a.params.every((param, index) => isSameType(param, paramOf(b, index), byName))
}

/** The type as people read it: `list(string)`. */
export function formatType(type: StaticType): string {
  if (type.params.length === 0) return type.kind === 'param' ? 'dyn' : type.name
  return `${type.name}(${type.params.map(formatType).join(', ')})`
}

/** The type, with these type parameters replaced. */
export function rename(type: StaticType, names: ReadonlyMap<string, StaticType>): StaticType {
  if (type.kind === 'param') return names.get(type.name) ?? type
  if (type.params.length === 0) return type
  return compound(
    type.kind,
    type.params.map((param) => rename(param, names)),
  )
}
