import { describe, expect, it } from 'vitest'
import { difference, ownResult, readPatternTable } from '../../flux/regex/pattern-table.ts'

describe('patterns with the results of Go’s regexp', () => {
  const table = readPatternTable()

  it('are many, of which Go takes most', () => {
    expect(table.length).toBeGreaterThanOrEqual(150)
    expect(table.filter(({ error }) => error === undefined).length).toBeGreaterThan(100)
  })

  it.each(table.map((row) => [row.pattern, row] as const))('%.60s', (_, row) => {
    expect(difference(row)).toBe(undefined)
  })

  it('are refused here alone when \\p{LC} stands in brackets beside (?i)', () => {
    const alone = table.filter((row) => !row.error && typeof ownResult(row) === 'string')
    expect(alone.map(({ pattern }) => pattern)).toEqual(['(?i)[\\p{Cased_Letter}x]'])
  })
})
