import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ObjectState } from '../../../relay/model/stored/object-state.ts'
import { failureAfter } from '../../../relay/pipeline/object-memory.ts'
import { event } from '../../support/delivery-records.ts'

const NOTHING: ObjectState = { severity: '', seen: [] }

/** What is remembered of the last failure and the last good end after events that come in this order. */
function after(orders: readonly (readonly [order: string, severity: 'info' | 'error'])[]) {
  return orders.reduce(
    (state, [order, severity]): ObjectState => ({
      ...NOTHING,
      ...failureAfter(state, { id: order, event: { ...event(), severity } }, order),
    }),
    NOTHING,
  )
}

it('the last failure and the last good end are the same in whatever order the events come', () => {
  const events = fc.uniqueArray(
    fc.tuple(
      fc.integer({ min: 100, max: 999 }).map(String),
      fc.constantFrom('info' as const, 'error' as const),
    ),
    { selector: ([order]) => order, maxLength: 8 },
  )
  fc.assert(
    fc.property(events, (came) => {
      const latest = (wanted: string) =>
        came
          .flatMap(([order, severity]) => (severity === wanted ? [order] : []))
          .toSorted()
          .at(-1)
      const [failed, end] = [latest('error'), latest('info')]
      const isOver = failed !== undefined && end !== undefined && end > failed
      expect(after(came)).toEqual({
        ...NOTHING,
        ...(end !== undefined && { end }),
        ...(failed !== undefined && {
          failure: { eventId: failed, order: failed, ...(isOver && { endedBy: end }) },
        }),
      })
    }),
  )
})
