import { describe, expect, it } from 'vitest'
import { difference, ownResult, readExpressionTable } from '../../flux/cel/expression-table.ts'

const table = readExpressionTable()

describe('expressions are what they are in Flux', () => {
  it('has enough of them, of each kind', () => {
    expect(table.length).toBeGreaterThanOrEqual(400)
    expect(table.filter(({ value }) => value !== undefined).length).toBeGreaterThan(300)
    expect(table.filter(({ outcome }) => outcome === 'refused').length).toBeGreaterThan(80)
    expect(table.filter(({ outcome }) => outcome === 'failed').length).toBeGreaterThan(40)
  })

  it.each(table)('$expression', (row) => {
    expect(difference(row)).toBeUndefined()
  })

  it('sees a difference when there is one', () => {
    expect(difference({ expression: "'a'", value: 'b' })).toContain('"a"')
    expect(difference({ expression: "'a'", outcome: 'refused' })).toContain('"a"')
    expect(difference({ expression: '1', value: '1' })).toContain('refused')
    expect(difference({ expression: "'a'.charAt(9)", value: '' })).toContain('failed')
  })

  it.each([
    ['json.encode({})', 'json.encode is not supported'],
    ["''.nosuch()", 'there is no function nosuch at line 1, column 10'],
    ['strings.nosuch(1)', 'there is no variable strings'],
    ["'a'.substring(true)", 'no function substring takes these types: string.substring(bool)'],
    ["'a' + 1", '+ does not take string and int at line 1, column 5'],
    ['google.protobuf.Int64Value{value: 1}', 'google.protobuf.Int64Value{…} are not supported'],
    ['event.\n  x +', 'the expression ends at line 2, column 6'],
    ['nothing.x', 'there is no variable nothing; expected one of event, alert, provider, cluster'],
  ])('says what is wrong with %s', (expression, why) => {
    expect(ownResult(expression)).toMatchObject({ outcome: 'refused' })
    expect(ownResult(expression).why).toContain(why)
  })
})
