import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsingObject } from '../../../relay/model/sliced-json.ts'

/** What comes of a text, and how many parts it took. */
function parse(text: string, slice?: number) {
  const steps = parsingObject(text, slice)
  for (let parts = 1; ; parts += 1) {
    const step = steps.next()
    if (step.done === true) return { value: step.value, parts }
  }
}

describe('JSON that is parsed a part at a time', () => {
  it('is what JSON.parse makes of it, in whatever slices', () => {
    const objects = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())))
    const spaces = fc.constantFrom(undefined, 1, '\t', '\n')
    const property = fc.property(objects, spaces, fc.nat(200), (object, space, slice) => {
      const text = JSON.stringify(object, undefined, space)
      expect(parse(text, slice).value).toEqual(JSON.parse(text))
    })
    fc.assert(property, { numRuns: 300 })
  })

  it('is no JSON for it when it is none for JSON.parse', () => {
    const text = JSON.stringify({ a: [1, { b: '\\"]' }, [], 'x,y'], c: null, d: { e: [2] } })
    const damages = fc.constantFrom('', ',', ':', '"', '[', ']', '{', '}', ' ', '\\', '0', 'a')
    const places = fc.nat(text.length)
    const property = fc.property(places, fc.nat(3), damages, (at, cut, damage) => {
      const damaged = text.slice(0, at) + damage + text.slice(at + cut)
      const expected = outcome(() => JSON.parse(damaged))
      const isObject = 'value' in expected && String(expected.value) === '[object Object]'
      expect(outcome(() => parse(damaged, 5).value)).toEqual(
        isObject ? expected : { error: 'SyntaxError' },
      )
    })
    fc.assert(property, { numRuns: 1_000 })
  })

  it.each([
    '',
    '[]',
    '"a"',
    '{} {}',
    '{"a":1}]',
    'null',
    '{"a":[1,2,]}',
    '{"a":[,1]}',
    '{"a":[1,,2]}',
  ])('refuses %s', (text) => {
    expect(outcome(() => parse(text))).toEqual({ error: 'SyntaxError' })
  })

  it('takes a part for each slice of a long array, and a key such as __proto__ for one like any', () => {
    const text = JSON.stringify({ v: 1, list: Array.from({ length: 100 }, () => 'x'.repeat(97)) })
    expect(parse(text, 1_000).parts).toBe(12)
    expect(Object.keys(parse('{"__proto__":{"a":1}}').value)).toEqual(['__proto__'])
  })
})

function outcome(work: () => unknown) {
  try {
    return { value: work() }
  } catch (error) {
    return { error: (error as Error).name }
  }
}
