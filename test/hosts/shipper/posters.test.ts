import { expect, it } from 'vitest'
import type { Tables } from '../../../hosts/shipper/spool/guarded-database.ts'
import { Posters } from '../../../hosts/shipper/spool/posters.ts'
import { START } from '../../support/manual-clock.ts'

/** Tables that only note who was written. */
function noting() {
  const written: unknown[] = []
  const tables = {
    run: (sql: string, controller: unknown) => {
      if (sql.startsWith('INSERT')) written.push(controller)
    },
  }
  const posters = new Posters(tables as unknown as Tables)
  return { posters, written }
}

it('writes down who posts each ten seconds, or at once when the clock was set back', () => {
  const { posters, written } = noting()
  const counts = [0, 9_999, 10_000, 19_999, 5_000].map((afterMs) => {
    posters.note('flux', START + afterMs)
    return written.length
  })
  expect(counts).toEqual([1, 1, 2, 2, 3])
})

it('remembers a thousand controllers, however many say that they are some', () => {
  const { posters, written } = noting()
  const note = (index: number) => posters.note(`controller-${index}`, START)
  for (let index = 0; index < 1_000; index += 1) note(index)
  note(0)
  expect(written).toHaveLength(1_000)
  note(1_000)
  note(0)
  expect(written.slice(1_000)).toEqual(['controller-1000', 'controller-0'])
})
