import { type Random, seededRandom } from '../random.ts'
import {
  BYTES,
  CLAUSES,
  DOUBLES,
  DURATIONS,
  FIELDS,
  INTS,
  OBJECTS,
  PATTERNS,
  STRINGS,
  TIME_GETTERS,
  TIMES,
  TYPES,
  type Type,
  UINTS,
  ZONES,
} from './expression-words.ts'
import { mutate } from './mutation.ts'

class Writer {
  readonly #random: Random
  /** The variables of macros around, and their types. */
  readonly #scope: (readonly [string, Type])[] = []

  constructor(random: Random) {
    this.#random = random
  }

  /** An expression whose type is nearly always this one. */
  write(type: Type, depth: number): string {
    const wanted = this.#random.chance(0.015) ? this.#random.pick(TYPES) : type
    const local = this.#scope.filter(([, own]) => own === wanted)
    if (local.length > 0 && this.#random.chance(0.4)) return this.#random.pick(local)[0]
    if (depth <= 0 || this.#random.chance(0.12)) return this.#leaf(wanted)
    return this.#compound(wanted, depth - 1)
  }

  #leaf(type: Type): string {
    const { pick, chance } = this.#random
    switch (type) {
      case 'string':
        return chance(0.35) ? pick(FIELDS) : pick(STRINGS)
      case 'int':
        return chance(0.15) ? 'provider.metadata.generation' : pick(INTS)
      case 'uint':
        return pick(UINTS)
      case 'double':
        return pick(DOUBLES)
      case 'bool':
        return pick(['true', 'false', 'has(event.metadata.env)', 'has(event.metadata.zip)'])
      case 'bytes':
        return pick(BYTES)
      case 'timestamp':
        return `timestamp('${pick(TIMES)}')`
      case 'duration':
        return `duration('${pick(DURATIONS)}')`
      case 'strings':
        return pick(["['a', 'b', 'a']", "['x']", "'a-b-c'.split('-')", "event.message.split(' ')"])
      case 'ints':
        return pick(['[1, 2, 3]', '[3, 1]', '[0]', '[5, 5, 7]'])
      case 'map':
        return pick(["{'a': 'b'}", "{'k': ''}", "{'😀': 'x'}"])
      case 'optional':
        return pick([
          'event.metadata.?env',
          'event.?nothing',
          "optional.of('a')",
          'optional.none()',
        ])
      case 'dyn':
        return pick([...FIELDS, ...OBJECTS])
    }
  }

  #compound(type: Type, depth: number): string {
    const text = (of: Type) => this.write(of, depth)
    const options = this.#options(type, depth)
    if (this.#random.chance(0.12)) return `(${text('bool')} ? ${text(type)} : ${text(type)})`
    if (this.#random.chance(0.04)) return `(${text(type)})`
    return this.#random.pick(options)()
  }

  #options(type: Type, depth: number): readonly (() => string)[] {
    const text = (of: Type) => this.write(of, depth)
    const any = () => text(this.#random.pick(TYPES))
    const { pick } = this.#random
    const binary = (of: Type, operators: readonly string[]) => () =>
      `${text(of)} ${pick(operators)} ${text(of)}`
    const grouped = (of: Type, operators: readonly string[]) => () =>
      `${text(of)} ${pick(operators)} (${text(of)} ${pick(operators)} ${text(of)})`
    switch (type) {
      case 'string':
        return [
          binary('string', ['+']),
          () => `${text('string')}.${pick(['lowerAscii', 'upperAscii', 'trim', 'reverse'])}()`,
          () => `${text('string')}.substring(${text('int')})`,
          () => `${text('string')}.substring(${text('int')}, ${text('int')})`,
          () => `${text('string')}.charAt(${text('int')})`,
          () => `${text('string')}.replace(${text('string')}, ${text('string')})`,
          () => `${text('string')}.replace(${text('string')}, ${text('string')}, ${text('int')})`,
          () => `${text('strings')}.join(${pick(["''", "'-'", ''])})`,
          () =>
            `string(${text(pick(['int', 'uint', 'double', 'bool', 'bytes', 'timestamp', 'duration', 'dyn']))})`,
          () => this.#format(depth),
          () => `strings.quote(${text('string')})`,
          () => `base64.encode(${text('bytes')})`,
          () => `${text('optional')}.orValue(${text('string')})`,
          () => `${text('strings')}[${text('int')}]`,
          () => `${text('map')}[${text('string')}]`,
          () =>
            `${text('strings')}.${pick(['first', 'last'])}().${pick(['value()', "orValue('z')"])}`,
        ]
      case 'int':
        return [
          binary('int', ['+', '-', '*', '/', '%']),
          grouped('int', ['+', '-', '*', '/', '%']),
          () => `size(${text(pick(['string', 'strings', 'bytes', 'map', 'ints']))})`,
          () => `${text(pick(['string', 'strings']))}.size()`,
          () => `int(${text(pick(['string', 'double', 'uint', 'timestamp', 'duration']))})`,
          () => `${text('string')}.${pick(['indexOf', 'lastIndexOf'])}(${text('string')})`,
          () =>
            `${text('string')}.${pick(['indexOf', 'lastIndexOf'])}(${text('string')}, ${text('int')})`,
          () => `${text('ints')}[${text('int')}]`,
          () => `${pick(['-', '--', '---'])}${text('int')}`,
          () => `${text('timestamp')}.${pick(TIME_GETTERS)}(${pick(['', `'${pick(ZONES)}'`])})`,
          () =>
            `${text('duration')}.${pick(['getHours', 'getMinutes', 'getSeconds', 'getMilliseconds'])}()`,
        ]
      case 'uint':
        return [
          binary('uint', ['+', '-', '*', '/', '%']),
          () => `uint(${text(pick(['int', 'string', 'double']))})`,
        ]
      case 'double':
        return [
          binary('double', ['+', '-', '*', '/']),
          grouped('double', ['+', '-', '*', '/']),
          () => `double(${text(pick(['int', 'uint', 'string']))})`,
          () => `-${text('double')}`,
        ]
      case 'bool':
        return this.#bools(depth)
      case 'bytes':
        return [
          binary('bytes', ['+']),
          () => `bytes(${text('string')})`,
          () => `base64.decode(${text('string')})`,
        ]
      case 'timestamp':
        return [
          () => `${text('timestamp')} ${pick(['+', '-'])} ${text('duration')}`,
          () => `timestamp(${text(pick(['int', 'string']))})`,
        ]
      case 'duration':
        return [
          binary('duration', ['+', '-']),
          binary('timestamp', ['-']),
          () => `duration(${text('string')})`,
        ]
      case 'strings':
        return [
          () => `[${text('string')}, ${text('string')}]`,
          () => `[${text('string')}, ?${this.#leaf('optional')}]`,
          binary('strings', ['+']),
          () => `${text('string')}.split(${text('string')})`,
          () => `${text('string')}.split(${text('string')}, ${text('int')})`,
          () => this.#fold('strings', 'filter', 'bool', depth),
          () => this.#fold(pick(['strings', 'ints', 'map']), 'map', 'string', depth),
          () => `[optional.of(${text('string')}), optional.none()].unwrapOpt()`,
          () => `optional.unwrap([${text('optional')}, ${text('optional')}])`,
        ]
      case 'ints':
        return [
          () => `[${text('int')}, ${text('int')}]`,
          binary('ints', ['+']),
          () => this.#fold('ints', 'filter', 'bool', depth),
          () => this.#fold(pick(['strings', 'ints']), 'map', 'int', depth),
        ]
      case 'map':
        return [
          () => `{${this.#leaf('string')}: ${text('string')}}`,
          () => `{?${this.#leaf('string')}: ${this.#leaf('optional')}}`,
        ]
      case 'optional':
        return [
          () => `optional.${pick(['of', 'ofNonZeroValue'])}(${text('string')})`,
          () => `${pick(OBJECTS)}.?${pick(['env', 'name', 'metadata', 'n'])}`,
          () => `${text('map')}[?${text('string')}]`,
          () => `${text('strings')}[?${text('int')}]`,
          () => `${text('optional')}.or(${text('optional')})`,
          () => this.#optionalMacro('optMap', 'string', depth),
          () => this.#optionalMacro('optFlatMap', 'optional', depth),
          () => `${text('strings')}.${pick(['first', 'last'])}()`,
        ]
      case 'dyn':
        return [
          () => `dyn(${any()})`,
          () => `${pick(OBJECTS)}.${pick(['name', 'env', 'metadata', 'uid'])}`,
        ]
    }
  }

  #bools(depth: number): readonly (() => string)[] {
    const text = (of: Type) => this.write(of, depth)
    const { pick } = this.#random
    const some = () => pick(TYPES)
    const twice = (operators: readonly string[], of: Type) =>
      `${text(of)} ${pick(operators)} ${text(of)}`
    return [
      () => twice(['==', '!='], some()),
      () => twice(['<', '<=', '>', '>='], some()),
      () =>
        `${text(pick(['int', 'uint', 'double']))} ${pick(['<', '>='])} ${text(pick(['int', 'uint', 'double']))}`,
      () =>
        `${text('bool')} ${pick(['&&', '||'])} ${text('bool')} ${pick(['&&', '||'])} ${text('bool')}`,
      () => `${text('bool')} == (${text('bool')} ${pick(['==', '!=', '&&'])} ${text('bool')})`,
      () => `!(${text('bool')})`,
      () => `${text('string')}.${pick(['contains', 'startsWith', 'endsWith'])}(${text('string')})`,
      () => `${text('string')}.matches(${pick(PATTERNS)})`,
      () => `${text('string')} in ${text(pick(['strings', 'map', 'dyn']))}`,
      () => `${text('int')} in ${text('ints')}`,
      () =>
        this.#fold(
          pick(['strings', 'ints', 'map']),
          pick(['all', 'exists', 'exists_one']),
          'bool',
          depth,
        ),
      () =>
        `sets.${pick(['contains', 'intersects', 'equivalent'])}(${text('strings')}, ${text('strings')})`,
      () =>
        `sets.${pick(['contains', 'intersects', 'equivalent'])}(${text('ints')}, ${text('ints')})`,
      () => `${text('optional')}.hasValue()`,
      () => `has(${pick(OBJECTS)}.${pick(['env', 'name', 'fieldPath', 'generation'])})`,
      () =>
        `type(${text(some())}) == ${pick(['int', 'string', 'list', 'map', 'optional_type', 'google.protobuf.Duration'])}`,
      () => `bool(${text('string')})`,
      () => `dyn(${text(some())}) == ${text(some())}`,
    ]
  }

  #fold(range: Type, macro: string, body: Type, depth: number): string {
    const over = this.write(range, depth)
    const variable = `v${this.#scope.length}`
    this.#scope.push([variable, range === 'ints' ? 'int' : 'string'])
    const extra =
      macro === 'map' && this.#random.chance(0.3) ? `${this.write('bool', depth)}, ` : ''
    const text = `${over}.${macro}(${variable}, ${extra}${this.write(body, depth)})`
    this.#scope.pop()
    return text
  }

  #optionalMacro(macro: string, body: Type, depth: number): string {
    const target = this.write('optional', depth)
    const variable = `v${this.#scope.length}`
    this.#scope.push([variable, 'string'])
    const text = `${target}.${macro}(${variable}, ${this.write(body, depth)})`
    this.#scope.pop()
    return text
  }

  #format(depth: number): string {
    const clauses = Array.from({ length: this.#random.int(3) + 1 }, () =>
      this.#random.pick(CLAUSES),
    )
    const takers = clauses.filter((clause) => clause !== '%%')
    const args = takers.map((clause) => this.write(this.#argumentType(clause), depth))
    return `'${clauses.join('|')}'.format([${args.join(', ')}])`
  }

  #argumentType(clause: string): Type {
    const { pick, chance } = this.#random
    if (clause === '%s' || chance(0.05)) return pick(TYPES.filter((type) => type !== 'dyn'))
    if (/[fed]$/.test(clause)) return pick(['int', 'uint', 'double'])
    return /[xX]$/.test(clause) ? pick(['int', 'uint', 'string', 'bytes']) : pick(['int', 'uint'])
  }
}

/**
 * Expressions of which most compile, the same ones for a seed. A map has one key, since Go goes over
 * several in any order; no optional element is of type dyn, of which cel-go's check of lists has no notion.
 */
export function randomExpressions(seed: number, count: number): readonly string[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => {
    const writer = new Writer(random)
    const depth = 1 + random.int(4)
    const text = random.chance(0.2)
      ? `'%s'.format([${writer.write(random.pick(TYPES), depth)}])`
      : writer.write('string', depth)
    return random.chance(0.06) ? mutate(random, text) : text
  })
}
