import { expect, it } from 'vitest'
import { formatTable } from '../../cli/output/table.ts'

it('lays out any number of rows', () => {
  const rows = Array.from({ length: 200_000 }, () => ['a', 'b'])
  const lines = formatTable(['FIRST', 'SECOND'], [...rows, ['widest', 'c']]).split('\n')
  expect(lines).toHaveLength(200_003)
  expect([lines[0], lines[1]]).toEqual(['FIRST    SECOND', 'a        b'])
})
