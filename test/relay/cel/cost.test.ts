import { describe, expect, it } from 'vitest'
import { CelError } from '../../../relay/cel/cel-error.ts'
import { parseFloatAsGo } from '../../../relay/cel/go-numbers.ts'
import { compileStringExpression } from '../../../relay/cel/string-expression.ts'
import { parseDuration } from '../../../relay/cel/time-text.ts'
import { type CelStruct, fromJson } from '../../../relay/cel/values.ts'

const variables = {
  cluster: 'prod',
  event: fromJson({
    message: `${'a'.repeat(38_000)}!`,
    tags: ['one', 'two'],
    numbers: Array.from({ length: 1_000 }, (_, index) => index),
  }) as CelStruct,
  alert: {},
  provider: {},
}

const evaluate = (expression: string) => compileStringExpression(expression).evaluate(variables)

/** `open`, a text in so many of them, `close`. */
const nested = (open: string, count: number, close: string) =>
  `${open.repeat(count)}'x'${close.repeat(count)}`

describe('an expression cannot hold the process', () => {
  it('tests a pattern that makes a backtracking engine hang', () => {
    expect(evaluate("event.message.matches('^(a+)+$') ? 'yes' : 'no'")).toBe('no')
  })

  it.each([
    "event.message.split('').map(a, event.message).join('')",
    "event.message.split('').all(a, event.message.split('').all(b, true)) ? 'a' : 'b'",
    "event.numbers.all(a, event.numbers.all(b, event.numbers.all(c, true))) ? 'a' : 'b'",
    "event.numbers.exists(a, event.message.matches('b*c')) ? 'a' : 'b'",
    "event.numbers.exists(n, event.message.matches('b{1,' + string(n) + '}')) ? 'a' : 'b'",
    "event.message.replace('', event.message)",
    "event.message.split('').map(a, '%s'.format([event.message])).join('')",
    "event.numbers.map(n, event.numbers + event.numbers).size() == 1 ? 'a' : 'b'",
    "event.numbers.exists(a, event.numbers.exists(b, 1 / 0 == 1)) ? 'a' : 'b'",
    "event.numbers.map(n, event.message + string(n)).join('')",
    "event.numbers.map(n, event.message.indexOf('x')).size() == 1 ? 'a' : 'b'",
    "sets.contains(event.numbers.map(n, [n]), event.numbers.map(n, [n])) ? 'a' : 'b'",
    "event.numbers.exists(n, event.message.split('') != event.message.split('')) ? 'a' : 'b'",
    `optional.of(event.message)${'.optMap(v, v + v)'.repeat(20)}.value()`,
    `optional.of(event.numbers)${'.optMap(v, v + v)'.repeat(20)}.value().size() == 1 ? 'a' : 'b'`,
  ])('bounds the cost of %s', (expression) => {
    const before = performance.now()
    expect(() => evaluate(expression)).toThrow(/costs too much/)
    // Some hundreds of milliseconds; on a busy machine many times as long.
    expect(performance.now() - before).toBeLessThan(20_000)
  })

  it.each([
    ['hexadecimal digits', () => parseFloatAsGo(`0x${'a'.repeat(100_000)}`)],
    ['decimal digits', () => parseFloatAsGo(`${'1'.repeat(100_000)}x`)],
    ['a duration without a unit', () => parseDuration('1'.repeat(100_000))],
    ['a duration that is too long', () => parseDuration(`${'1'.repeat(100_000)}s`)],
  ])('reads a long text of %s in linear time', (_, read) => {
    const before = performance.now()
    expect(read()).toBeUndefined()
    // A few milliseconds; where each digit is tried with each other one, ten seconds.
    expect(performance.now() - before).toBeLessThan(2_000)
  })

  it('is not stopped by what absorbs errors', () => {
    const costly = "event.message.replace('', event.message) == ''"
    expect(() => evaluate(`${costly} || true ? 'a' : 'b'`)).toThrow(/costs too much/)
    expect(() => evaluate(`[1].all(x, ${costly}) ? 'a' : 'b'`)).toThrow(/costs too much/)
  })

  it('has room for what a person writes, and begins anew for each event', () => {
    const expression = compileStringExpression(
      "event.message.split('').filter(c, c != 'a').join('') + string(event.numbers.map(n, n * n).filter(n, n % 2 == 0).size()) + (event.message.matches('(error|failed).*$') ? 'x' : 'y')",
    )
    for (let round = 0; round < 20; round += 1) {
      expect(expression.evaluate(variables)).toBe('!500y')
    }
  })

  it.each([
    ['parentheses', '(', ')'],
    ['lists', '[', '][0]'],
    ['maps', "{'a': ", '}.a'],
    ['calls', 'string(', ')'],
    ['branches', "false ? 'y' : ", ''],
    ['optionals', 'optional.of(', ').value()'],
    ['operators', "'a' + (", ')'],
  ])(
    'takes %s nested 100 deep as Flux does, and refuses what is too deep for it',
    (_, open, close) => {
      expect(evaluate(nested(open, 100, close)).endsWith('x')).toBe(true)
      expect(() => compileStringExpression(nested(open, 700, close))).toThrow(
        /nests more than 250 deep/,
      )
      expect(() => compileStringExpression(nested(open, 20_000, close))).toThrow(CelError)
    },
  )

  it.each([
    ['a chain of operators', `'a'${" + 'a'".repeat(300)}`, /nests more than 250 deep/],
    ['a chain of calls', `'a'${'.trim()'.repeat(300)}`, /nests more than 250 deep/],
    ['a long text', `'${'a'.repeat(200_001)}'`, /longer than 100000 characters/],
    ['a text that never ends', `'${'a'.repeat(50_000)}`, /unexpected "'"/],
    ['types that double', `[1]${'.map(v, {v: v})'.repeat(1)}.size()`, /must give a string/],
    [
      'a type that doubles each time',
      `optional.of(1)${'.optMap(v, [{1: v}, {1: v}].map(w, {2: w}))'.repeat(60)}`,
      /too large|too complex|must give a string/,
    ],
  ])('refuses %s', (_, expression, why) => {
    expect(() => compileStringExpression(expression)).toThrow(why)
  })

  it('compiles what is long and flat', () => {
    const flat = Array.from({ length: 1_000 }, (_, index) => `event.numbers[${index}] == ${index}`)
    expect(evaluate(`${flat.join(' && ')} ? 'all' : 'not'`)).toBe('all')
    expect(evaluate(`[${'event.message, '.repeat(1_000)}].size() == 1000 ? 'a' : 'b'`)).toBe('a')
  })
})
