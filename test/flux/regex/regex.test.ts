import { describe, expect, it } from 'vitest'
import {
  UNICODE_CATEGORIES,
  UNICODE_CATEGORY_ALIASES,
  UNICODE_SCRIPTS,
} from '../../../relay/model/unicode-class-names.ts'
import { referenceProgram } from '../reference-program.ts'
import { difference, ownResult, PatternRow, readPatternTable } from './pattern-table.ts'
import { randomPatterns } from './random-patterns.ts'

const SEED = 14
const COUNT = 20_000

const program = referenceProgram('regex')

describe.skipIf(program === undefined)('Go’s regexp', () => {
  it('gives the results of the table', () => {
    const table = readPatternTable()
    expect(program?.ask(table)).toEqual(table)
  })

  it('knows the same classes of Unicode', () => {
    const [names] = program?.ask([], 'names') ?? []
    const expected = {
      categories: UNICODE_CATEGORIES,
      aliases: UNICODE_CATEGORY_ALIASES,
      scripts: UNICODE_SCRIPTS,
    }
    expect(names).toEqual(expected)
  })

  it(`says of ${COUNT} random patterns what the relay says (seed ${SEED})`, () => {
    const rows = (program?.ask(randomPatterns(SEED, COUNT)) ?? []).map((row) =>
      PatternRow.parse(row),
    )
    const differences = rows.flatMap((row) => {
      const told = difference(row)
      return told === undefined ? [] : [`${row.pattern}: ${told}`]
    })
    expect(differences).toEqual([])
    // Not all are nonsense, and nearly all that Go takes are taken.
    const taken = rows.filter(({ error }) => error === undefined)
    expect(taken.length).toBeGreaterThan(COUNT / 4)
    const refused = taken.filter((row) => typeof ownResult(row) === 'string')
    expect(refused.length).toBeLessThan(taken.length / 100)
  })
})
