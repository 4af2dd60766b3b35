import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase, type RelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { change } from '../../../adapters/sqlite/statement.ts'
import type { AcceptedEvent, RetryMessage } from '../../../relay/model/queue-messages.ts'
import { acceptedEvent, event } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { acceptingLedger, recordWaiting } from './support/accepting-ledger.ts'
import { planOf, statementsOf } from './support/query-plans.ts'

let file: string
let database: RelayDatabase
let clock: ManualClock
let queue: SqliteQueue

beforeEach(() => {
  file = join(temporaryDirectory(), 'relay.db')
  clock = new ManualClock()
  open()
})

afterEach(() => {
  vi.restoreAllMocks()
  return database.close()
})

describe('events', () => {
  it('come oldest first over all groups, one of each', async () => {
    await queue.send([inGroup('b', 1), inGroup('a', 1), inGroup('b', 2), inGroup('c', 1)])
    expect(await leaseNames(2)).toEqual(['b 1', 'a 1'])
    expect(await leaseNames(10)).toEqual(['c 1'])
  })

  it('are all there again after a restart, but those that were acknowledged', async () => {
    await queue.send([inGroup('a', 1), inGroup('a', 2), inGroup('b', 1), inGroup('c', 1)])
    const [first, second] = await queue.leaseEvents(3)
    if (!first || !second) throw new Error('nothing was leased')
    await queue.acknowledge(first)
    queue.release(second, START + 60_000)
    await restart()
    expect(await leaseNames(10)).toEqual(['a 2', 'b 1', 'c 1'])
    expect((await queue.depth()).events).toBe(3)
  })

  it('never reuse a sequence, not even that of the last one after a restart', async () => {
    await queue.send([inGroup('a', 1)])
    const [before] = await queue.leaseEvents(1)
    if (!before) throw new Error('nothing was leased')
    await queue.acknowledge(before)
    await restart()
    await queue.send([inGroup('a', 2)])
    const [after] = await queue.leaseEvents(1)
    expect(Number(after?.sequence)).toBeGreaterThan(Number(before.sequence))
  })

  it('know their ids after a restart, and forget them after five minutes', async () => {
    await queue.send([inGroup('a', 1)])
    await restart()
    clock.advance(299_999)
    expect(await queue.send([inGroup('a', 1)])).toEqual(['duplicate'])
    clock.advance(1)
    const again = { ...inGroup('a', 1), acceptedAt: clock.now() }
    expect(await queue.send([again, again])).toEqual(['queued', 'duplicate'])
    clock.advance(299_999)
    expect(await queue.send([again])).toEqual(['duplicate'])
    clock.advance(1)
    expect(await queue.send([again])).toEqual(['queued'])
  })

  it('are each its own when their ids begin with the same characters', async () => {
    const [one, other] = ['a', 'b'].map((end) => ({
      ...inGroup(end, 1),
      id: '0'.repeat(63).concat(end),
    }))
    if (!one || !other) throw new Error('there are two')
    expect(await queue.send([one, other, one])).toEqual(['queued', 'queued', 'duplicate'])
    await restart()
    const leased = await queue.leaseEvents(2)
    expect(leased.map(({ id }) => id)).toEqual([one.id, other.id])
    expect(leased.map(({ group }) => group)).toEqual([one.group, other.group])
  })

  it('are all found by the sweep once nothing refers to them, in whatever order their ids are', async () => {
    const numbers = Array.from({ length: 1_200 }, (_, number) => number)
    // Of two thirds the ids begin with the same characters, as more of them than one step takes.
    const idOf = (number: number) =>
      number % 3 > 0 ? `00000000${number}` : createHash('sha256').update(`${number}`).digest('hex')
    const insert =
      "INSERT INTO events (id, grp, accepted_at, queued, body) VALUES (?, 'g', ?, ?, '{}')"
    const rows = [...numbers.map((number) => [number, 0] as const), [1_200, 1] as const]
    await database.write(
      rows.map(([number, queued]) => change(insert, idOf(number), START, queued)),
    )
    clock.advance(2 * 3_600_000)
    await queue.sweep(clock.now())
    expect(await database.read('SELECT id FROM events')).toEqual([{ id: idOf(1_200) }])
  })

  it('say that their id is new, unless it was ever accepted before', async () => {
    await queue.send([inGroup('a', 1)])
    const [first] = await queue.leaseEvents(1)
    if (!first) throw new Error('nothing was leased')
    expect(first.isNew).toBe(true)
    await queue.acknowledge(first)
    clock.advance(300_000)
    const again = { ...inGroup('a', 1), acceptedAt: clock.now() }
    expect(await queue.send([again, inGroup('b', 1)])).toEqual(['queued', 'queued'])
    const leased = await queue.leaseEvents(2)
    expect(leased.map(({ id, isNew }) => [id, isNew])).toEqual([
      [again.id, undefined],
      [inGroup('b', 1).id, true],
    ])
  })

  it('acknowledged in one turn share a commit, together with what is sent', async () => {
    await queue.send([inGroup('a', 1), inGroup('b', 1), inGroup('b', 2)])
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec')
    const leased = await queue.leaseEvents(2)
    const acknowledged = leased.map((event) => queue.acknowledge(event))
    await Promise.all([...acknowledged, queue.send([inGroup('a', 2)])])
    expect(exec.mock.calls.filter(([sql]) => sql === 'COMMIT')).toHaveLength(1)
    expect(await leaseNames(10)).toEqual(['b 2', 'a 2'])
  })

  it('ignore whoever has no lease', async () => {
    await queue.send([inGroup('a', 1), inGroup('a', 2)])
    const [first] = await queue.leaseEvents(1)
    if (!first) throw new Error('nothing was leased')
    await Promise.all([queue.acknowledge(first), queue.acknowledge(first)])
    queue.release(first, START)
    await queue.acknowledge(first)
    expect((await queue.depth()).events).toBe(1)
    expect(await leaseNames(10)).toEqual(['a 2'])
    queue.release(first, START)
    expect(await leaseNames(10)).toEqual([])
  })

  it('are new once, and only when none of their id was before', async () => {
    const isNew = async () => (await queue.leaseEvents(1)).map((leased) => leased.isNew ?? false)
    await queue.send([inGroup('a', 1)])
    const [first] = await queue.leaseEvents(1)
    if (!first) throw new Error('nothing was leased')
    expect(first.isNew).toBe(true)
    queue.release(first, START)
    expect(await isNew()).toEqual([false])
    await queue.acknowledge(first)
    clock.advance(300_000)
    await queue.send([{ ...inGroup('a', 1), acceptedAt: clock.now() }])
    expect(await isNew()).toEqual([false])
    await queue.send([inGroup('b', 1)])
    await restart()
    expect(await isNew()).toEqual([false])
  })

  it('stay on the disk beyond some megabytes, whatever it is in them that is long', async () => {
    const large = (n: number) => {
      const { event, ...rest } = inGroup(`large ${n}`, 1)
      return { ...rest, event: { ...event, metadata: { text: 'x'.repeat(1_000_000) } } }
    }
    for (let n = 0; n < 6; n += 1) await queue.send([large(n)])
    // Of what is read back it is not known whether its id was new.
    const leased = await queue.leaseEvents(10)
    expect(leased.map(({ isNew }) => isNew)).toEqual([
      true,
      true,
      true,
      ...[1, 2, 3].map(() => undefined),
    ])
    for (const event of leased) await queue.acknowledge(event)
    await queue.send([large(6)])
    expect(await queue.leaseEvents(1)).toMatchObject([{ isNew: true }])
  })

  it('stay leased when they cannot leave, and can be released then', async () => {
    await queue.send([inGroup('a', 1), inGroup('a', 2)])
    await restart()
    const [first] = await queue.leaseEvents(1)
    if (!first) throw new Error('nothing was leased')
    vi.spyOn(database, 'write').mockRejectedValueOnce(new Error('disk'))
    await expect(queue.acknowledge(first)).rejects.toThrow('disk')
    expect(await leaseNames(1)).toEqual([])
    queue.release(first, START)
    expect(await leaseNames(1)).toEqual(['a 1'])
  })

  it('are not half sent when the database fails', async () => {
    vi.spyOn(database, 'write').mockRejectedValueOnce(new Error('disk'))
    await expect(queue.send([inGroup('a', 1)])).rejects.toThrow('disk')
    expect(await queue.depth()).toEqual({ events: 0, retries: 0 })
    expect(await queue.send([inGroup('a', 1)])).toEqual(['queued'])
  })
})

describe('a group with many messages', () => {
  it('is leased from by look-ups in indexes alone', async () => {
    const events = Array.from({ length: 5_000 }, (_, number) => inGroup('busy', number))
    await Promise.all(chunks(events, 1_000).map((chunk) => queue.send(chunk)))
    await queue.send([inGroup('other', 1)])
    await sendRetries({ deliveryId: 'd', attempt: 1, dueAt: START })
    await restart()
    const statements = await statementsOf(database, async () => {
      for (const leased of await queue.leaseEvents(10)) await queue.acknowledge(leased)
      for (const leased of await queue.leaseRetries(10)) await queue.acknowledgeRetry(leased)
      queue.nextWakeAt()
    })
    expect(statements).toHaveLength(4)
    for (const sql of statements) {
      for (const step of await planOf(database, sql)) {
        expect(step, sql).toMatch(/^(SEARCH|LIST SUBQUERY|SCAN json_each) ?/)
      }
    }
    expect((await queue.depth()).events).toBe(4_999)
  })

  it('is found at start, and measured, by an index', async () => {
    await queue.loaded()
    const statements = await statementsOf(database, async () => {
      await restart()
      await queue.depth()
    })
    const steps: string[] = []
    for (const sql of statements) {
      if (/FROM (events|ledger)/.test(sql) && sql.startsWith('SELECT'))
        steps.push(...(await planOf(database, sql)))
    }
    // Of each group one row is read, which tells the cluster.
    expect(steps).toEqual([
      'CO-ROUTINE (subquery-2)',
      'SCAN events USING COVERING INDEX events_queued',
      'SCAN (subquery-2)',
      'CORRELATED SCALAR SUBQUERY 1',
      'SEARCH events USING INTEGER PRIMARY KEY (rowid=?)',
      'MERGE (UNION ALL)',
      'LEFT',
      'SEARCH ledger USING INDEX ledger_by_due (due_at=? AND rowid>?)',
      'RIGHT',
      'SEARCH ledger USING INDEX ledger_by_due (due_at>?)',
      'SEARCH ledger USING COVERING INDEX ledger_by_due (due_at>?)',
    ])
  })
})

describe('nextWakeAt', () => {
  it('is the earliest time that something waits for', async () => {
    expect(queue.nextWakeAt()).toBeUndefined()
    await sendRetries(retry('a', 500), retry('now', 0))
    const due = await queue.leaseRetries(10)
    expect(due).toMatchObject([retry('now', 0)])
    expect(queue.nextWakeAt()).toBe(START + 500)
    await queue.send([inGroup('a', 1)])
    const [leased] = await queue.leaseEvents(1)
    if (!leased) throw new Error('nothing was leased')
    queue.release(leased, START + 400)
    expect(queue.nextWakeAt()).toBe(START + 400)
    clock.advance(400)
    expect(queue.nextWakeAt()).toBe(START + 500)
    for (const message of due) queue.releaseRetry(message, START + 450)
    expect(queue.nextWakeAt()).toBe(START + 450)
    clock.advance(100)
    expect(queue.nextWakeAt()).toBeUndefined()
  })
})

describe('onReady', () => {
  it('is called after a commit, a release, and an acknowledgement that frees a group', async () => {
    const listener = vi.fn()
    queue.onReady(listener)
    const sent = queue.send([inGroup('a', 1), inGroup('a', 2)])
    expect(listener).not.toHaveBeenCalled()
    await sent
    expect(listener).toHaveBeenCalledTimes(1)
    await sendRetries(retry('r', 0))
    expect(listener).toHaveBeenCalledTimes(2)
    for (const leased of await queue.leaseEvents(1)) await queue.acknowledge(leased)
    expect(listener).toHaveBeenCalledTimes(3)
    for (const leased of await queue.leaseEvents(1)) queue.release(leased, START)
    for (const leased of await queue.leaseRetries(1)) queue.releaseRetry(leased, START)
    await Promise.resolve()
    expect(listener).toHaveBeenCalledTimes(5)
    for (const leased of await queue.leaseEvents(1)) await queue.acknowledge(leased)
    expect(listener).toHaveBeenCalledTimes(5)
  })
})

describe('the latest order time', () => {
  it('is kept over a restart, though the events are gone', async () => {
    expect(await queue.latestOrderTime()).toBe(0)
    await queue.send([
      { ...inGroup('a', 1), orderTime: START + 7 },
      { ...inGroup('b', 1), orderTime: START + 3 },
    ])
    for (const leased of await queue.leaseEvents(2)) await queue.acknowledge(leased)
    await restart()
    expect(await queue.latestOrderTime()).toBe(START + 7)
  })

  it('is that of the last acceptance, when no event was ahead of the clock', async () => {
    await queue.send([
      { ...inGroup('a', 1), orderTime: START - 9 },
      { ...inGroup('b', 1), acceptedAt: START + 5, orderTime: START + 5 },
    ])
    await restart()
    expect(await queue.latestOrderTime()).toBe(START + 5)
  })
})

describe('depth', () => {
  it('counts what is not acknowledged, and tells the oldest', async () => {
    expect(await queue.depth()).toEqual({ events: 0, retries: 0 })
    await queue.send([
      { ...inGroup('a', 1), acceptedAt: START - 5 },
      { ...inGroup('b', 1), acceptedAt: START - 3 },
    ])
    await sendRetries(retry('x', 9), retry('y', 7))
    const depth = { events: 2, retries: 2, oldestEventAt: START - 5, oldestRetryDueAt: START + 7 }
    expect(await queue.depth()).toEqual(depth)
    const [first] = await queue.leaseEvents(2)
    if (!first) throw new Error('nothing was leased')
    expect(await queue.depth()).toEqual(depth)
    await queue.acknowledge(first)
    expect(await queue.depth()).toEqual({ ...depth, events: 1, oldestEventAt: START - 3 })
    await restart()
    expect(await queue.depth()).toEqual({ ...depth, events: 1, oldestEventAt: START - 3 })
  })
})

function open(): void {
  database = openRelayDatabase(file)
  queue = new SqliteQueue(database, clock)
}

/** Closing is as good as a crash here: leases are in memory. */
async function restart(): Promise<void> {
  await database.close()
  open()
  await queue.loaded()
}

function inGroup(group: string, number: number): AcceptedEvent {
  return acceptedEvent({ event: event(group, String(number)) })
}

function retry(deliveryId: string, afterMs: number): RetryMessage {
  return { deliveryId, attempt: 2, dueAt: START + afterMs }
}

async function leaseNames(max: number): Promise<readonly string[]> {
  const events = await queue.leaseEvents(max)
  return events.map((leased) => `${leased.event.involvedObject.name} ${leased.event.message}`)
}

/** Records that wait, and tells the queue of them. */
async function sendRetries(...messages: readonly RetryMessage[]): Promise<void> {
  await recordWaiting(acceptingLedger(database, clock), messages)
  await queue.sendRetries(messages)
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / size)
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size))
}
