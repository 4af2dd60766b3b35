import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Database, openDatabase } from '../../../adapters/sqlite/database.ts'
import { type EventLease, SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import type { AcceptedEvent, QueuedEvent } from '../../../relay/model/delivery.ts'
import { DamagedRecord } from '../../../relay/model/stored/errors.ts'
import { acceptedEvent, event } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const DAY_MS = 24 * 3_600_000
const REASON = { cause: 'TypeError: a bug', rejections: 20, firstAt: START - 5 }

let file: string
let database: Database
let clock: ManualClock
let queue: SqliteQueue

beforeEach(() => {
  file = join(temporaryDirectory(), 'relay.db')
  clock = new ManualClock()
  open()
})

afterEach(() => {
  vi.restoreAllMocks()
  database.close()
})

/** Replaces what is stored of events, as a disk does that flips bits; the queue is opened anew. */
function damage(statement: string, ...values: readonly (string | Uint8Array)[]): void {
  database.close()
  const connection = new DatabaseSync(file)
  connection.prepare(statement).run(...values)
  connection.close()
  open()
}

describe('an event that cannot be read', () => {
  it('is leased and told of, while the others are handed out', async () => {
    await queue.send([inGroup('a', 1), inGroup('a', 2), inGroup('b', 1)])
    damage(`UPDATE events SET body = substr(body, 2) WHERE seq = 1`)
    const { events, unreadable } = lease()
    expect(namesOf(events)).toEqual(['b 1'])
    expect(unreadable).toEqual([
      [{ group: inGroup('a', 1).group, sequence: '1' }, expect.any(DamagedRecord)],
    ])
    // It is leased, so nothing of its object is.
    expect(lease()).toEqual({ events: [], unreadable: [] })
  })

  it('is set aside as it was, and its object goes on', async () => {
    await queue.send([inGroup('a', 1), inGroup('a', 2)])
    const bytes = Buffer.from('{"id":"\u{fe}\xff', 'latin1')
    damage(`UPDATE events SET body = CAST(? AS TEXT) WHERE seq = 1`, bytes)
    await setAsideUnreadable()
    expect(namesOf(lease().events)).toEqual(['a 2'])
    expect(queue.depth()).toMatchObject({ events: 1 })
    expect(await queue.quarantine.list(10)).toEqual({
      messages: [
        {
          id: '1',
          kind: 'event',
          cause: 'it cannot be read',
          rejections: 0,
          firstAt: START,
          lastAt: START,
          bytes: bytes.length,
        },
      ],
    })
    expect(bodiesOf('quarantine')).toEqual([bytes.toString('hex')])
    await queue.quarantine.replay()
    expect(bodiesOf('events')).toContain(bytes.toString('hex'))
  })

  it('goes back as whatever the database throws', async () => {
    await queue.send([inGroup('a', 1)])
    const broken = new Error('disk I/O error')
    vi.spyOn(database, 'get').mockImplementationOnce(() => {
      throw broken
    })
    const { unreadable } = lease()
    expect(unreadable.map(([, error]) => error)).toEqual([broken])
    for (const [leased] of unreadable) queue.release(leased, START)
    expect(namesOf(lease().events)).toEqual(['a 1'])
  })
})

describe('what is set aside', () => {
  it('left its queue in the same transaction', async () => {
    await queue.send([inGroup('a', 1)])
    await queue.sendRetries([{ deliveryId: 'd', attempt: 3, dueAt: START }])
    const [leased] = queue.leaseEvents(1)
    const [retry] = queue.leaseRetries(1)
    if (!leased || !retry) throw new Error('nothing was leased')
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec')
    await Promise.all([queue.setAsideEvent(leased, REASON), queue.setAsideRetry(retry, REASON)])
    expect(exec.mock.calls.filter(([sql]) => sql === 'COMMIT')).toHaveLength(1)
    restart()
    expect(queue.depth()).toEqual({ events: 0, retries: 0 })
    expect(queue.quarantine.depth().messages).toEqual({ event: 1, retry: 1 })
    expect((await queue.quarantine.list(10)).messages).toMatchObject([
      { kind: 'event', cluster: 'local', ...REASON },
      { kind: 'retry', deliveryId: 'd', ...REASON },
    ])
  })

  it('stays leased in its queue when the database fails, and can be released', async () => {
    await queue.send([inGroup('a', 1)])
    const [leased] = queue.leaseEvents(1)
    if (!leased) throw new Error('nothing was leased')
    vi.spyOn(database, 'write').mockRejectedValueOnce(new Error('the disk is full'))
    await expect(queue.setAsideEvent(leased, REASON)).rejects.toThrow('the disk is full')
    expect(queue.quarantine.depth().messages.event).toBe(0)
    queue.release(leased, START)
    expect(namesOf(lease().events)).toEqual(['a 1'])
  })

  it('comes back behind what its object has in the queue, with the order time it had', async () => {
    await queue.send([{ ...inGroup('a', 1), orderTime: START - 7 }, inGroup('a', 2)])
    await queue.sendRetries([{ deliveryId: 'd', attempt: 3, dueAt: START }])
    const [leased] = queue.leaseEvents(1)
    const [retry] = queue.leaseRetries(1)
    if (!leased || !retry) throw new Error('nothing was leased')
    await queue.setAsideEvent(leased, REASON)
    await queue.setAsideRetry(retry, REASON)
    const ready = vi.fn()
    queue.onReady(ready)
    expect(await queue.quarantine.replay()).toEqual({ event: 1, retry: 1 })
    expect(ready).toHaveBeenCalledTimes(1)
    expect(queue.depth()).toMatchObject({ events: 2, retries: 1 })
    const [second] = queue.leaseEvents(1)
    if (!second) throw new Error('nothing was leased')
    expect(namesOf([second])).toEqual(['a 2'])
    await queue.acknowledge(second)
    expect(queue.leaseEvents(1)).toMatchObject([{ sequence: '3', orderTime: START - 7 }])
    expect(queue.leaseRetries(10)).toEqual([retry])
    expect(await queue.quarantine.list(10)).toEqual({ messages: [] })
    expect(await queue.quarantine.replay()).toEqual({ event: 0, retry: 0 })
  })

  it('is listed in pages, put back whole, and bounded', async () => {
    const names = Array.from({ length: 1_203 }, (_, n) => inGroup(`object-${n}`, 1))
    await queue.send(names)
    const leased = queue.leaseEvents(2_000)
    await Promise.all(leased.map((each) => queue.setAsideEvent(each, REASON)))
    const first = await queue.quarantine.list(1_200)
    expect(first).toMatchObject({ nextCursor: '1200', messages: { length: 1_200 } })
    const second = await queue.quarantine.list(1_200, first.nextCursor)
    expect(second.messages.map(({ id }) => id)).toEqual(['1201', '1202', '1203'])
    expect(second.nextCursor).toBeUndefined()
    expect(await queue.quarantine.replay()).toEqual({ event: 1_203, retry: 0 })
    expect(queue.leaseEvents(2_000)).toHaveLength(1_203)
  })

  it('is no more than 64 MiB: what comes beyond stays in its queue', async () => {
    const long = 'x'.repeat(33 * 1024 * 1024)
    await queue.send(['a', 'b', 'c'].map((name) => acceptedEvent({ event: event(name, long) })))
    const outcomes = await Promise.allSettled(
      queue.leaseEvents(3).map((each) => queue.setAsideEvent(each, REASON)),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect(outcomes[2]).toMatchObject({
      reason: {
        name: 'QuarantineFull',
        message: expect.stringMatching(/^2 messages of \d+ bytes/),
      },
    })
    expect(queue.depth().events).toBe(1)
  })

  it('is kept for 30 days', async () => {
    await queue.send([inGroup('a', 1)])
    for (const leased of queue.leaseEvents(1)) await queue.setAsideEvent(leased, REASON)
    clock.advance(30 * DAY_MS - 1)
    expect(await queue.quarantine.sweep(clock.now())).toBe(0)
    expect((await queue.quarantine.list(1)).messages).toHaveLength(1)
    clock.advance(1)
    expect((await queue.quarantine.list(1)).messages).toEqual([])
    expect(await queue.quarantine.sweep(clock.now())).toBe(1)
    expect(queue.quarantine.depth()).toEqual({ messages: { event: 0, retry: 0 }, bytes: 0 })
  })
})

it('a database from before there was a quarantine gets one', async () => {
  await queue.send([inGroup('a', 1)])
  database.close()
  const connection = new DatabaseSync(file)
  connection.exec('DROP TABLE quarantine; PRAGMA user_version = 3')
  connection.close()
  open()
  expect(await queue.quarantine.list(10)).toEqual({ messages: [] })
  expect(namesOf(lease().events)).toEqual(['a 1'])
})

async function setAsideUnreadable(): Promise<void> {
  const reason = { cause: 'it cannot be read', rejections: 0, firstAt: START }
  for (const [leased] of lease().unreadable) await queue.setAsideEvent(leased, reason)
}

function lease() {
  const unreadable: [EventLease, unknown][] = []
  const events = queue.leaseEvents(100, (leased, error) => unreadable.push([leased, error]))
  return { events, unreadable }
}

function open(): void {
  database = openDatabase(file)
  queue = new SqliteQueue(database, clock)
}

/** Closing is as good as a crash here: leases are in memory. */
function restart(): void {
  database.close()
  open()
}

function bodiesOf(table: 'events' | 'quarantine'): readonly string[] {
  const rows = database.all<{ hex: string }>(`SELECT lower(hex(body)) AS hex FROM ${table}`)
  return rows.map(({ hex }) => hex)
}

function inGroup(group: string, number: number): AcceptedEvent {
  return acceptedEvent({ event: event(group, String(number)) })
}

function namesOf(events: readonly QueuedEvent[]): readonly string[] {
  return events.map(({ event: { involvedObject, message } }) => `${involvedObject.name} ${message}`)
}
