import { describe, expect, it } from 'vitest'
import { referenceProgram } from '../reference-program.ts'
import {
  difference,
  ExpressionRow,
  ownResult,
  readExpressionTable,
  readVariables,
} from './expression-table.ts'
import { randomExpressions } from './random-expressions.ts'

const SEED = 14
const COUNT = 20_000

const program = referenceProgram('cel')

const ask = (expressions: readonly string[]) =>
  (program?.ask([readVariables(), ...expressions.map((expression) => ({ expression }))]) ?? []).map(
    (row) => ExpressionRow.parse(row),
  )

describe.skipIf(program === undefined)('cel-go in the environment of Flux', () => {
  it('gives the results of the table', () => {
    const table = readExpressionTable()
    expect(ask(table.map(({ expression }) => expression))).toEqual(table)
  })

  it(`says of ${COUNT} random expressions what the relay says (seed ${SEED})`, () => {
    const rows = ask(randomExpressions(SEED, COUNT))
    expect(rows).toHaveLength(COUNT)
    const differences = rows.flatMap((row) => {
      const told = difference(row)
      return told === undefined ? [] : [`${row.expression}: ${told}`]
    })
    expect(differences).toEqual([])
    // Not all are nonsense, and nearly all that have a value there have one here.
    const valued = rows.filter(({ value }) => value !== undefined)
    expect(valued.length).toBeGreaterThan(COUNT / 3)
    const without = valued.filter(({ expression }) => ownResult(expression).value === undefined)
    expect(without.length).toBeLessThan(valued.length / 100)
  })
})
