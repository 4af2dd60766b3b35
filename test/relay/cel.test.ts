import { describe, expect, it } from 'vitest'
import { CelError, compileStringExpression } from '../../relay/cel.ts'

const variables = {
  cluster: 'prod',
  event: {
    involvedObject: { kind: 'Kustomization', name: 'podinfo' },
    message: `${'a'.repeat(30_000)}!`,
    metadata: { env: 'eu', 'a.b/c': 'x' },
    tags: ['one', 'two'],
  },
  alert: { metadata: { name: 'podinfo' } },
  provider: { metadata: { uid: '0c9c2e41-d2f9-4f9b-9c41-bebc1984d67a' } },
}

const evaluate = (expression: string) => compileStringExpression(expression).evaluate(variables)

describe('commitStatusExpr', () => {
  it.each([
    ["event.involvedObject.kind + '/' + event.involvedObject.name", 'Kustomization/podinfo'],
    ["provider.metadata.uid.split('-').first().value()", '0c9c2e41'],
    ["provider.metadata.uid.split('-').last().value()", 'bebc1984d67a'],
    ["event.metadata.?env.orValue('none') + '-' + cluster", 'eu-prod'],
    ["event.metadata.?missing.orValue('none')", 'none'],
    ["event.metadata['a.b/c']", 'x'],
    ["event.tags.first().orValue('none')", 'one'],
    ["[].first().orValue('none')", 'none'],
    ["event.involvedObject.name.matches('^pod(info)?$') ? 'yes' : 'no'", 'yes'],
    ["'podinfo'.matches('(?i)POD') ? 'yes' : 'no'", 'yes'],
    ["event.tags.exists(tag, tag.matches('^t')) ? 'yes' : 'no'", 'yes'],
    ["event.tags.map(tag, tag.upperAscii()).join('+')", 'ONE+TWO'],
    ["event.tags.filter(tag, tag != 'one').join('')", 'two'],
    ["alert.metadata.name.replace('o', '0', 1) + 'abc'.charAt(1)", 'p0dinfob'],
    ["'a.b.c'.replace('.', '-')", 'a-b-c'],
    ["has(event.metadata.env) ? 'has' : 'not'", 'has'],
  ])('%s', (expression, result) => {
    expect(evaluate(expression)).toBe(result)
  })

  it.each([
    ['event.', 'nothing after a dot'],
    ['1 + 1', 'an int'],
    ['unknown.x', 'an unknown variable'],
    ["event.tags.foo('x'", 'an open bracket'],
    ["'a'.nosuch()", 'an unknown function'],
  ])('does not compile %s', (expression) => {
    expect(() => compileStringExpression(expression)).toThrow(CelError)
  })

  it.each([
    ['event.tags', /gave a list/],
    ['event.metadata.missing', /missing/],
    ['event.tags.first()', /optional/],
    ["'x'.matches('(?=look)') ? 'a' : 'b'", /matches/],
  ])('fails to evaluate %s', (expression, message) => {
    expect(() => evaluate(expression)).toThrow(message)
  })

  it('tests a pattern that makes a backtracking engine hang', () => {
    expect(evaluate("event.message.matches('^(a+)+$') ? 'yes' : 'no'")).toBe('no')
  })

  it.each([
    ["event.message.split('').map(a, event.message).join('')", /steps/],
    ["event.message.split('').all(a, event.message.split('').all(b, true)) ? 'a' : 'b'", /steps/],
    [
      "[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, event.message.matches('b*')))) ? 'a' : 'b'",
      /matches reads/,
    ],
    ["event.message.replace('', event.message)", /replace/],
  ])('bounds the cost of %s', (expression, message) => {
    expect(() => evaluate(expression)).toThrow(message)
  })
})
