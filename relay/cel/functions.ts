import { compilePattern } from '../model/pattern.ts'
import { patternSize } from '../model/pattern-size.ts'
import { patternTokens } from '../model/pattern-tokens.ts'
import { add, calculate, negate, subtract } from './arithmetic.ts'
import { CelError, noSuchOverload } from './cel-error.ts'
import { mapSize, select, selectOptional } from './collections.ts'
import { contains, equals, order } from './compare.ts'
import { CONVERSIONS } from './conversions.ts'
import { spend, spendText } from './cost.ts'
import { formatText } from './format-text.ts'
import * as texts from './text-functions.ts'
import { durationSeconds } from './time-text.ts'
import { TIME_FIELDS, timeField } from './time-zone.ts'
import {
  CelDuration,
  CelOptional,
  CelTimestamp,
  CelUint,
  type CelValue,
  isList,
  isMap,
  NONE,
} from './values.ts'

/** A function that evaluates its arguments first. Throws `CelError`. */
export type CelFunction = (...args: readonly CelValue[]) => CelValue

const EMPTY: CelValue = null

function text(name: string, value: CelValue | undefined): string {
  if (typeof value === 'string') return value
  throw noSuchOverload(name)
}

function optionalInt(name: string, value: CelValue | undefined): bigint | undefined {
  if (value === undefined || typeof value === 'bigint') return value
  throw noSuchOverload(name)
}

function intOf(name: string, value: CelValue | undefined): bigint {
  if (typeof value === 'bigint') return value
  throw noSuchOverload(name)
}

function list(name: string, value: CelValue | undefined): readonly CelValue[] {
  if (value !== undefined && isList(value)) return value
  throw noSuchOverload(name)
}

function optional(name: string, value: CelValue | undefined): CelOptional {
  if (value instanceof CelOptional) return value
  throw noSuchOverload(name)
}

/** Makes a CEL function of a JavaScript function of two values. */
const binary =
  (run: (a: CelValue, b: CelValue) => CelValue): CelFunction =>
  (a = EMPTY, b = EMPTY) =>
    run(a, b)

const ofTexts =
  (name: string, run: (a: string, b: string) => CelValue): CelFunction =>
  (a, b) =>
    run(text(name, a), text(name, b))

const ofText =
  (name: string, run: (a: string) => CelValue): CelFunction =>
  (a) =>
    run(text(name, a))

export function size(value: CelValue): bigint {
  if (typeof value === 'string') return BigInt(texts.countCharacters(value))
  if (isList(value) || value instanceof Uint8Array) return BigInt(value.length)
  if (isMap(value)) return BigInt(mapSize(value))
  throw noSuchOverload('size')
}

/**
 * How many steps (instructions of a pattern times characters of a text) cost 1 when a pattern reads
 * a text.
 */
const STEPS_PER_COST = 100

/** The cost of compiling a pattern that is not known before the evaluation. */
const COMPILE_COST = 1_000

/** Compiles a pattern. Throws `CelError` for one that Go would not compile. */
export function patternOf(source: string) {
  const pattern = compilePattern(source)
  if ('error' in pattern) throw new CelError(`matches: ${pattern.error}`)
  const costPerCharacter = Math.max(1, patternSize(patternTokens(source)) / STEPS_PER_COST)
  return (subject: string) => {
    spend(subject.length * costPerCharacter)
    return pattern.test(subject)
  }
}

function matches(subject: string, source: string): boolean {
  spend(COMPILE_COST + 10 * source.length)
  return patternOf(source)(subject)
}

const [NANOS_PER_HOUR, NANOS_PER_MINUTE] = [3_600_000_000_000n, 60_000_000_000n]

const DURATION_FIELDS: Readonly<Record<string, (duration: CelDuration) => number>> = {
  getHours: (duration) => unitsOf(duration, NANOS_PER_HOUR),
  getMinutes: (duration) => unitsOf(duration, NANOS_PER_MINUTE),
  getSeconds: durationSeconds,
  getMilliseconds: ({ nanos }) => Number(nanos / 1_000_000n),
}

/**
 * The length of a duration in this unit, as a double, and so inexact for long durations, as Go's
 * Hours and Minutes.
 */
function unitsOf({ nanos }: CelDuration, unit: bigint): number {
  return Number(nanos / unit) + Number(nanos % unit) / Number(unit)
}

function getTime(name: string): CelFunction {
  return (value, zone = '') => {
    if (value instanceof CelDuration && DURATION_FIELDS[name]) {
      return BigInt(Math.trunc(DURATION_FIELDS[name](value)))
    }
    if (!(value instanceof CelTimestamp)) throw noSuchOverload(name)
    const { seconds, nanos } = value
    const field = timeField(name, seconds, text(name, zone))
    return BigInt(field ?? Math.trunc(nanos / 1e6))
  }
}

function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === '' || value === 0n || value === 0) return true
  if (value instanceof CelUint) return value.value === 0n
  if (value instanceof CelDuration) return value.nanos === 0n
  if (value instanceof CelTimestamp) return value.seconds === -62_135_596_800 && value.nanos === 0
  if (value instanceof Uint8Array || isList(value)) return value.length === 0
  return isMap(value) && mapSize(value) === 0
}

function unwrap(name: string): CelFunction {
  return (value) =>
    list(name, value)
      .map((element) => optional(name, element).value)
      .filter((element) => element !== undefined)
}

const containsAll = (all: readonly CelValue[], some: readonly CelValue[]) =>
  some.every((element) => contains(all, element))

function decodeBase64(source: string): Uint8Array {
  spendText(source.length)
  const characters = source.replace(/[\r\n]/g, '')
  const padded = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
  const unpadded = /^(?:[A-Za-z0-9+/]{4})*[A-Za-z0-9+/]{2,3}$/
  if (!padded.test(characters) && !unpadded.test(characters)) {
    throw new CelError('base64.decode: the text is not base64')
  }
  return new Uint8Array(Buffer.from(characters, 'base64'))
}

/** All functions and operators that evaluate all of their arguments, by name. */
export const FUNCTIONS: Readonly<Record<string, CelFunction>> = {
  ...Object.fromEntries(
    Object.entries(CONVERSIONS).map(([name, convert]) => [name, (value = EMPTY) => convert(value)]),
  ),
  ...Object.fromEntries(
    [...Object.keys(TIME_FIELDS), 'getMilliseconds'].map((name) => [name, getTime(name)]),
  ),
  '!_': (value) => {
    if (typeof value === 'boolean') return !value
    throw noSuchOverload('!')
  },
  '-_': (value = EMPTY) => negate(value),
  '_==_': binary(equals),
  '_!=_': binary((a, b) => !equals(a, b)),
  '_<_': binary((a, b) => order(a, b) < 0),
  '_<=_': binary((a, b) => order(a, b) <= 0),
  '_>_': binary((a, b) => order(a, b) > 0),
  '_>=_': binary((a, b) => order(a, b) >= 0),
  '_+_': binary(add),
  '_-_': binary(subtract),
  '_*_': binary((a, b) => calculate('*', a, b)),
  '_/_': binary((a, b) => calculate('/', a, b)),
  '_%_': binary((a, b) => calculate('%', a, b)),
  '_[_]': binary(select),
  '_[?_]': binary(selectOptional),
  '_?._': binary(selectOptional),
  '@in': binary((element, container) => contains(container, element)),
  size: (value = EMPTY) => size(value),
  contains: ofTexts('contains', (all, part) => {
    spendText(all.length)
    return all.includes(part)
  }),
  startsWith: ofTexts('startsWith', (all, part) => all.startsWith(part)),
  endsWith: ofTexts('endsWith', (all, part) => all.endsWith(part)),
  matches: ofTexts('matches', matches),
  charAt: (all, index) => texts.charAt(text('charAt', all), intOf('charAt', index)),
  indexOf: (all, part, from) =>
    texts.indexOf(text('indexOf', all), text('indexOf', part), optionalInt('indexOf', from)),
  lastIndexOf: (all, part, from) => {
    const name = 'lastIndexOf'
    return texts.lastIndexOf(text(name, all), text(name, part), optionalInt(name, from))
  },
  lowerAscii: ofText('lowerAscii', texts.lowerAscii),
  upperAscii: ofText('upperAscii', texts.upperAscii),
  trim: ofText('trim', texts.trim),
  reverse: ofText('reverse', texts.reverse),
  'strings.quote': ofText('strings.quote', texts.quote),
  replace: (all, from, to, limit) => {
    const [name, places] = ['replace', optionalInt('replace', limit)]
    return texts.replace(text(name, all), text(name, from), text(name, to), places)
  },
  split: (all, separator, limit) =>
    texts.split(text('split', all), text('split', separator), optionalInt('split', limit)),
  substring: (all, start, end) => {
    const name = 'substring'
    return texts.substring(text(name, all), intOf(name, start), optionalInt(name, end))
  },
  join: (parts, separator = '') => texts.join(list('join', parts), text('join', separator)),
  format: (format, args) => formatText(text('format', format), list('format', args)),
  'sets.contains': (all, some) => containsAll(list('sets', all), list('sets', some)),
  'sets.equivalent': (first, second) => {
    const [a, b] = [list('sets', first), list('sets', second)]
    return containsAll(a, b) && containsAll(b, a)
  },
  'sets.intersects': (first, second) => {
    const all = list('sets', second)
    return list('sets', first).some((element) => contains(all, element))
  },
  'base64.decode': ofText('base64.decode', decodeBase64),
  'base64.encode': (bytes) => {
    if (!(bytes instanceof Uint8Array)) throw noSuchOverload('base64.encode')
    spendText(bytes.length)
    return Buffer.from(bytes).toString('base64')
  },
  'optional.none': () => NONE,
  'optional.of': (value) => new CelOptional(value),
  'optional.ofNonZeroValue': (value = EMPTY) => (isZero(value) ? NONE : new CelOptional(value)),
  'optional.unwrap': unwrap('optional.unwrap'),
  unwrapOpt: unwrap('unwrapOpt'),
  hasValue: (value) => optional('hasValue', value).value !== undefined,
  value: (value) => {
    const held = optional('value', value).value
    if (held === undefined) throw new CelError('value() was called on an optional without a value')
    return held
  },
  first: (value) => first(list('first', value)[0]),
  last: (value) => first(list('last', value).at(-1)),
}

function first(value: CelValue | undefined): CelOptional {
  return value === undefined ? NONE : new CelOptional(value)
}
