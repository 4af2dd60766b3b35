import { describe, expect, it } from 'vitest'
import {
  latestBacklog,
  MOST_NEW_ROWS,
  type StreamPart,
  wholeBacklog,
} from '../../../hosts/embedded/stream-backlog.ts'
import type { LedgerRecord, ListedRecord } from '../../../relay/model/delivery.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { START } from '../../support/manual-clock.ts'

/** A format whose events say which record they are of, and its reason. `made` counts them. */
function countingFormat() {
  const made: string[] = []
  const format = {
    delivery({ id, status }: LedgerRecord) {
      made.push(id)
      return `${id} ${status.reason}\n`
    },
    left: ({ id }: ListedRecord) => `${id} left\n`,
    missed: 'missed\n',
  }
  return { format, made }
}

const change = (id: string, reason: string, isNew: boolean) => ({
  ...{ position: `p-${id}`, isNew },
  // One that is delivered at once is stored when its try has ended, so it changed since it was made.
  record: deliveryRecord({ id, reason, createdAt: START, updatedAt: START + 20 }),
})
const fresh = (id: string, reason = 'new') => change(id, reason, true)
const changed = (id: string, reason = 'changed') => change(id, reason, false)
const told = (parts: readonly StreamPart[]) =>
  parts.flatMap(({ bytes }) => Buffer.from(bytes).toString().trimEnd().split('\n'))

describe('the backlog of every change', () => {
  it('leaves nothing out, in the order of the changes', () => {
    const backlog = wholeBacklog(countingFormat().format)
    expect(backlog.isEmpty()).toBe(true)
    const ids = Array.from({ length: 50 }, (_, index) => `d${index}`)
    for (const id of ids) backlog.add(fresh(id))
    backlog.add(changed('d0', '1'))
    backlog.add(changed('d0', '2'))
    expect([backlog.isEmpty(), backlog.isCrowded()]).toEqual([false, false])
    const parts = backlog.take()
    expect(told(parts)).toEqual([...ids.map((id) => `${id} new`), 'd0 1', 'd0 2'])
    expect(parts.map(({ news }) => news)).toEqual([0])
    expect(backlog.isEmpty()).toBe(true)
  })

  it('is large when much waits, until that is taken', () => {
    const backlog = wholeBacklog(countingFormat().format)
    let count = 0
    for (; !backlog.isLarge(); count += 1) backlog.add(fresh(`d${count}`, 'ü'.repeat(10_000)))
    expect(told(backlog.take())).toHaveLength(count)
    expect([backlog.isLarge(), backlog.isEmpty()]).toEqual([false, true])
  })
})

it('a backlog says in its turn what has left', () => {
  const gone = (id: string) => ({ ...changed(id), hasLeft: true }) as const
  const whole = wholeBacklog(countingFormat().format)
  const latest = latestBacklog(countingFormat().format)
  for (const each of [whole, latest]) {
    for (const it of [changed('a'), fresh('b'), gone('a'), gone('b'), changed('a')]) each.add(it)
  }
  expect(told(whole.take())).toEqual(['a changed', 'b new', 'a left', 'b left', 'a changed'])
  expect(told(latest.take())).toEqual(['a changed', 'b left'])
})

describe('the backlog of a list', () => {
  it('keeps the latest of more new records than the list shows, and makes no event of the others', () => {
    const { format, made } = countingFormat()
    const backlog = latestBacklog(format)
    const ids = Array.from({ length: 1_250 }, (_, index) => `d${index}`)
    for (const id of ids) backlog.add(fresh(id))
    expect([made, backlog.isCrowded(), backlog.isLarge()]).toEqual([[], true, false])
    const parts = backlog.take()
    expect(told(parts)).toEqual(ids.slice(-MOST_NEW_ROWS).map((id) => `${id} new`))
    expect(parts.map(({ news }) => news)).toEqual([MOST_NEW_ROWS])
    expect(made).toHaveLength(MOST_NEW_ROWS)
    expect([backlog.isCrowded(), backlog.isEmpty()]).toEqual([false, true])
  })

  it('tells of a record once, as it stands, and of every earlier one that changed', () => {
    const backlog = latestBacklog(countingFormat().format)
    backlog.add(changed('shown', 'first'))
    for (let count = 0; count < 500; count += 1) backlog.add(fresh(`d${count}`))
    backlog.add(fresh('mine'))
    backlog.add(fresh('last'))
    backlog.add(changed('mine', 'sent'))
    backlog.add(changed('shown', 'second'))
    const parts = backlog.take()
    expect(parts.map(({ news }) => news)).toEqual([0, MOST_NEW_ROWS])
    const [first, ...others] = told(parts)
    expect(others).toHaveLength(MOST_NEW_ROWS)
    expect([first, ...others.slice(-2)]).toEqual(['shown second', 'mine sent', 'last new'])
  })

  it('has a position in its last event only, that of the latest change', () => {
    const positions: (string | undefined)[] = []
    const delivery = (_: ListedRecord, position?: string) => `${positions.push(position)}`
    const backlog = latestBacklog({ delivery, left: delivery, missed: '' })
    for (const it of [fresh('a'), changed('b'), fresh('c'), changed('a')]) backlog.add(it)
    backlog.take()
    backlog.add(changed('d'))
    backlog.take()
    expect(positions).toEqual([undefined, undefined, 'p-a', 'p-d'])
  })

  it('is large when many earlier records changed', () => {
    const backlog = latestBacklog(countingFormat().format)
    let count = 0
    for (; !backlog.isLarge(); count += 1) backlog.add(changed(`d${count}`))
    expect([count, backlog.isCrowded()]).toEqual([500, false])
    expect(told(backlog.take())).toHaveLength(500)
    expect(backlog.isLarge()).toBe(false)
  })
})
