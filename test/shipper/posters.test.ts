import { expect, it } from 'vitest'
import { Posters } from '../../shipper/spool/posters.ts'
import { START } from '../support/manual-clock.ts'

/** Tables that only note who was written. */
function noting() {
  const written: unknown[] = []
  const posters = new Posters({
    run: (sql, controller) => {
      if (sql.startsWith('INSERT')) written.push(controller)
      return []
    },
    get: () => undefined,
  } as ConstructorParameters<typeof Posters>[0])
  return { posters, written }
}

it('writes down who posts each ten seconds, or at once when the clock was set back', () => {
  const { posters, written } = noting()
  for (const afterMs of [0, 9_999, 10_000, 19_999, 5_000]) posters.note('flux', START + afterMs)
  expect(written).toHaveLength(3)
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
