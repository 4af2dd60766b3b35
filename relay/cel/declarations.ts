import type { StaticType } from './static-types.ts'
import * as types from './static-types.ts'

/** One way to call a function. */
export interface Overload {
  /** Whether it is called as `target.name(…)`. The target is the first of `args`. */
  readonly member: boolean
  readonly args: readonly StaticType[]
  readonly result: StaticType
  /** The names of the overload's type parameters. */
  readonly params: readonly string[]
}

const NUMBERS = ['int', 'uint', 'double']
const ORDERED = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration']

/**
 * The overloads of an operator that compares the order of two values: two of one type, or two
 * numbers.
 */
const COMPARISONS = [
  ...ORDERED.map((type) => `${type} ${type} -> bool`),
  ...NUMBERS.flatMap((a) => NUMBERS.filter((b) => b !== a).map((b) => `${a} ${b} -> bool`)),
]

const arithmetic = (...kinds: readonly string[]) =>
  kinds.map((type) => `${type} ${type} -> ${type}`)

const member = (name: string, ...overloads: readonly string[]) => ({
  [name]: overloads.map((overload) => `. ${overload}`),
})

/**
 * The overloads of a function that reads a part of a time: of a timestamp, with or without the name
 * of a time zone, and of a duration if the function has that overload.
 */
const timeGetter = (name: string, ofDuration: boolean) =>
  member(
    name,
    'timestamp -> int',
    'timestamp string -> int',
    ...(ofDuration ? ['duration -> int'] : []),
  )

/**
 * The functions of Flux's environment, which are those of CEL with optional types and with cel-go's
 * extensions for strings, sets and encoders. An overload is written `args -> result`, with a dot
 * before it for a member; capital letters are type parameters. The order is that of cel-go's
 * declarations, since it decides which type parameter becomes what:
 * https://github.com/fluxcd/pkg/blob/main/runtime/cel/expression.go,
 * https://github.com/google/cel-go/blob/v0.31.0/common/stdlib/standard.go
 */
const SIGNATURES: Readonly<Record<string, readonly string[]>> = {
  '_?_:_': ['bool A A -> A'],
  '_&&_': ['bool bool -> bool'],
  '_||_': ['bool bool -> bool'],
  '!_': ['bool -> bool'],
  '-_': ['double -> double', 'int -> int'],
  '_==_': ['A A -> bool'],
  '_!=_': ['A A -> bool'],
  '_<_': COMPARISONS,
  '_<=_': COMPARISONS,
  '_>_': COMPARISONS,
  '_>=_': COMPARISONS,
  '_+_': [
    ...arithmetic('bytes', 'double', 'duration'),
    'duration timestamp -> timestamp',
    'timestamp duration -> timestamp',
    ...arithmetic('int', 'list<A>', 'string', 'uint'),
  ],
  '_-_': [
    ...arithmetic('double', 'duration', 'int'),
    'timestamp duration -> timestamp',
    'timestamp timestamp -> duration',
    ...arithmetic('uint'),
  ],
  '_*_': arithmetic('double', 'int', 'uint'),
  '_/_': arithmetic('double', 'int', 'uint'),
  '_%_': arithmetic('int', 'uint'),
  '_[_]': [
    'list<A> int -> A',
    'map<A,B> A -> B',
    'optional<list<V>> int -> optional<V>',
    'optional<map<K,V>> K -> optional<V>',
  ],
  '_[?_]': [
    'list<V> int -> optional<V>',
    'optional<list<V>> int -> optional<V>',
    'map<K,V> K -> optional<V>',
    'optional<map<K,V>> K -> optional<V>',
  ],
  '@in': ['A list<A> -> bool', 'A map<A,B> -> bool'],
  size: ['bytes', 'list<A>', 'map<A,B>', 'string'].flatMap((type) => [
    `${type} -> int`,
    `. ${type} -> int`,
  ]),

  type: ['A -> type<A>'],
  dyn: ['A -> dyn'],
  bool: ['bool -> bool', 'string -> bool'],
  bytes: ['bytes -> bytes', 'string -> bytes'],
  double: ['double -> double', 'int -> double', 'string -> double', 'uint -> double'],
  duration: ['duration -> duration', 'string -> duration'],
  int: ['int', 'double', 'duration', 'string', 'timestamp', 'uint'].map((type) => `${type} -> int`),
  string: ['string', 'bool', 'bytes', 'double', 'duration', 'int', 'timestamp', 'uint'].map(
    (type) => `${type} -> string`,
  ),
  timestamp: ['timestamp -> timestamp', 'int -> timestamp', 'string -> timestamp'],
  uint: ['uint -> uint', 'double -> uint', 'int -> uint', 'string -> uint'],

  ...member('contains', 'string string -> bool'),
  ...member('endsWith', 'string string -> bool'),
  ...member('startsWith', 'string string -> bool'),
  matches: ['string string -> bool', '. string string -> bool'],
  ...timeGetter('getFullYear', false),
  ...timeGetter('getMonth', false),
  ...timeGetter('getDayOfYear', false),
  ...timeGetter('getDayOfMonth', false),
  ...timeGetter('getDate', false),
  ...timeGetter('getDayOfWeek', false),
  ...timeGetter('getHours', true),
  ...timeGetter('getMinutes', true),
  ...timeGetter('getSeconds', true),
  ...timeGetter('getMilliseconds', true),

  ...member('charAt', 'string int -> string'),
  ...member('indexOf', 'string string -> int', 'string string int -> int'),
  ...member('lastIndexOf', 'string string -> int', 'string string int -> int'),
  ...member('lowerAscii', 'string -> string'),
  ...member('replace', 'string string string -> string', 'string string string int -> string'),
  ...member('split', 'string string -> list<string>', 'string string int -> list<string>'),
  ...member('substring', 'string int -> string', 'string int int -> string'),
  ...member('trim', 'string -> string'),
  ...member('upperAscii', 'string -> string'),
  ...member('format', 'string list<dyn> -> string'),
  ...member('join', 'list<string> -> string', 'list<string> string -> string'),
  ...member('reverse', 'string -> string'),
  'strings.quote': ['string -> string'],

  'sets.contains': ['list<T> list<T> -> bool'],
  'sets.equivalent': ['list<T> list<T> -> bool'],
  'sets.intersects': ['list<T> list<T> -> bool'],
  'base64.decode': ['string -> bytes'],
  'base64.encode': ['bytes -> string'],

  'optional.of': ['V -> optional<V>'],
  'optional.ofNonZeroValue': ['V -> optional<V>'],
  'optional.none': ['-> optional<V>'],
  'optional.unwrap': ['list<optional<V>> -> list<V>'],
  ...member('unwrapOpt', 'list<optional<V>> -> list<V>'),
  ...member('value', 'optional<V> -> V'),
  ...member('hasValue', 'optional<V> -> bool'),
  ...member('or', 'optional<V> optional<V> -> optional<V>'),
  ...member('orValue', 'optional<V> V -> V'),
  ...member('first', 'list<V> -> optional<V>'),
  ...member('last', 'list<V> -> optional<V>'),
}

/**
 * Functions of Flux's newest environment that the relay does not have. They are refused by name.
 */
export const UNSUPPORTED: ReadonlySet<string> = new Set(['json.encode'])

const parsed = new Map<string, readonly Overload[]>()

/** The overloads of a function; undefined when there is no function of that name. */
export function overloadsOf(name: string): readonly Overload[] | undefined {
  const known = parsed.get(name)
  if (known || !Object.hasOwn(SIGNATURES, name)) return known
  const overloads = (SIGNATURES[name] ?? []).map(parseOverload)
  parsed.set(name, overloads)
  return overloads
}

function parseOverload(signature: string): Overload {
  const [left = '', result = ''] = signature.split('->')
  const words = left.split(' ').filter((word) => word !== '')
  const isMember = words[0] === '.'
  return {
    member: isMember,
    args: words.slice(isMember ? 1 : 0).map(parseType),
    result: parseType(result.trim()),
    params: [...new Set(signature.match(/\b[A-Z]\b/g) ?? [])],
  }
}

const NAMED: Readonly<Record<string, StaticType>> = {
  bool: types.BOOL,
  bytes: types.BYTES,
  double: types.DOUBLE,
  duration: types.DURATION,
  dyn: types.DYN,
  int: types.INT,
  string: types.STRING,
  timestamp: types.TIMESTAMP,
  uint: types.UINT,
}

function parseType(text: string): StaticType {
  const [, outer, inner = ''] = /^(\w+)<(.*)>$/.exec(text) ?? []
  if (outer === 'list') return types.listOf(parseType(inner))
  if (outer === 'optional') return types.optionalOf(parseType(inner))
  if (outer === 'type') return types.typeOf(parseType(inner))
  if (outer === 'map') {
    const [key = '', value = ''] = inner.split(',')
    return types.mapOf(parseType(key), parseType(value))
  }
  return NAMED[text] ?? types.typeParam(text)
}

/** The names that stand for types, as in `type(x) == int`. */
export const TYPE_NAMES: ReadonlyMap<string, StaticType> = new Map([
  ['bool', types.BOOL],
  ['bytes', types.BYTES],
  ['double', types.DOUBLE],
  ['google.protobuf.Duration', types.DURATION],
  ['int', types.INT],
  ['list', types.listOf(types.typeParam('A'))],
  ['map', types.mapOf(types.typeParam('A'), types.typeParam('B'))],
  ['null_type', types.NULL],
  ['optional_type', types.optionalOf(types.typeParam('V'))],
  ['string', types.STRING],
  ['google.protobuf.Timestamp', types.TIMESTAMP],
  ['type', types.TYPE],
  ['uint', types.UINT],
])
