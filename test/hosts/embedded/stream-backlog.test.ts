import { describe, expect, it } from 'vitest'
import { createSharedEvents } from '../../../hosts/embedded/server-sent-events.ts'
import {
  latestBacklog,
  MOST_NEW_ROWS,
  wholeBacklog,
} from '../../../hosts/embedded/stream-backlog.ts'
import type { LedgerRecord } from '../../../relay/model/delivery.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { START } from '../../support/manual-clock.ts'

/** Events that say which record they are of, and its reason. `made` counts them. */
function sharedEvents() {
  const made: string[] = []
  const shared = createSharedEvents({
    delivery({ id, status }) {
      made.push(id)
      return Buffer.from(`${id} ${status.reason}`)
    },
    missed: Buffer.from('missed'),
  })
  return { shared, made }
}

const changeOf = (record: LedgerRecord) => ({ position: `p-${record.id}`, record })
const fresh = (id: string, reason = 'new') =>
  changeOf(deliveryRecord({ id, reason, createdAt: START, updatedAt: START }))
const changed = (id: string, reason = 'changed') =>
  changeOf(deliveryRecord({ id, reason, createdAt: START, updatedAt: START + 1 }))
const texts = (events: readonly Uint8Array[]) => events.map((it) => Buffer.from(it).toString())

describe('the backlog of every change', () => {
  it('leaves nothing out until it is full, and takes one that is larger than all', () => {
    const backlog = wholeBacklog(sharedEvents().shared, 20)
    expect(backlog.add(fresh('a', 'x'.repeat(30)))).toBe(true)
    expect(backlog.add(fresh('b'))).toBe(false)
    expect(backlog.isLarge()).toBe(true)
    expect(texts(backlog.take())).toEqual([`a ${'x'.repeat(30)}`])
    expect([backlog.isEmpty(), backlog.isLarge()]).toEqual([true, false])
    for (const reason of ['1', '2']) expect(backlog.add(changed('b', reason))).toBe(true)
    expect(texts(backlog.take())).toEqual(['b 1', 'b 2'])
  })
})

describe('the backlog of a list', () => {
  it('keeps the latest of more new records than the list shows, and makes no event of the others', () => {
    const { shared, made } = sharedEvents()
    const readers = [latestBacklog(shared), latestBacklog(shared)]
    const ids = Array.from({ length: 1_250 }, (_, index) => `d${index}`)
    for (const change of ids.map((id) => fresh(id))) {
      for (const reader of readers) expect(reader.add(change)).toBe(true)
    }
    expect(made).toEqual([])
    for (const reader of readers) {
      expect(texts(reader.take())).toEqual(ids.slice(-MOST_NEW_ROWS).map((id) => `${id} new`))
    }
    // Both share what was made once.
    expect(made).toHaveLength(MOST_NEW_ROWS)
  })

  it('tells of a record once, as it stands, and of every earlier one that changed', () => {
    const backlog = latestBacklog(sharedEvents().shared)
    backlog.add(changed('shown', 'first'))
    backlog.add(fresh('mine'))
    for (let count = 0; count < 500; count += 1) backlog.add(fresh(`d${count}`))
    backlog.add(fresh('last'))
    backlog.add(changed('last', 'sent'))
    backlog.add(changed('shown', 'second'))
    const told = texts(backlog.take())
    expect(told).toHaveLength(MOST_NEW_ROWS + 1)
    expect([told[0], told.at(-1)]).toEqual(['shown second', 'last sent'])
    expect(backlog.isEmpty()).toBe(true)
  })

  it('is full when more earlier records changed than a list can have', () => {
    const backlog = latestBacklog(sharedEvents().shared)
    const results = Array.from({ length: 1_001 }, (_, index) => backlog.add(changed(`d${index}`)))
    expect([results.indexOf(false), results.at(-1)]).toEqual([1_000, false])
    backlog.clear()
    expect(backlog.isEmpty()).toBe(true)
  })
})
