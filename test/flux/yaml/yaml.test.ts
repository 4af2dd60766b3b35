import { describe, expect, it } from 'vitest'
import { referenceProgram } from '../reference-program.ts'
import { DocumentRow, difference, ownResult, readDocumentTable } from './document-table.ts'
import { randomDocuments } from './random-documents.ts'

const SEED = 14
const COUNT = 20_000

const program = referenceProgram('yaml')

describe.skipIf(program === undefined)('kubectl’s decoder of YAML', () => {
  it('gives the results of the table', () => {
    const table = readDocumentTable()
    expect(program?.ask(table)).toEqual(table)
  })

  it(`gives ${COUNT} random texts no other values than the relay (seed ${SEED})`, () => {
    const rows = (program?.ask(randomDocuments(SEED, COUNT)) ?? []).map((row) =>
      DocumentRow.parse(row),
    )
    const taken = rows.filter(({ error }) => error === undefined)
    const refused = new Set(taken.filter((row) => typeof ownResult(row) === 'string'))
    const differences = rows.flatMap((row) => {
      const told = refused.has(row) ? undefined : difference(row)
      return told === undefined ? [] : [`${JSON.stringify(row.yaml)}: ${told}`]
    })
    expect(differences).toEqual([])
    expect(taken.length).toBeGreaterThan(COUNT / 5)
    // Where a comment follows blanks in a block, and for what ADR 0036 lists.
    expect(refused.size).toBeLessThan(taken.length / 20)
  })
})
