import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventLease } from '../../../adapters/sqlite/event-reader.ts'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase, type RelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { change } from '../../../adapters/sqlite/statement.ts'
import type {
  AcceptedEvent,
  QueuedEvent,
  RetryMessage,
} from '../../../relay/model/queue-messages.ts'
import { DamagedRecord } from '../../../relay/model/stored/errors.ts'
import { acceptedEvent, event } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { acceptingLedger, recordWaiting } from './support/accepting-ledger.ts'

const DAY_MS = 24 * 3_600_000
const REASON = { cause: 'TypeError: a bug', rejections: 20, firstAt: START - 5 }

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

/** Replaces what is stored of events, as a disk does that flips bits; the queue is opened anew. */
async function damage(
  statement: string,
  ...values: readonly (string | Uint8Array)[]
): Promise<void> {
  await database.close()
  const connection = new DatabaseSync(file)
  connection.prepare(statement).run(...values)
  connection.close()
  open()
}

describe('an event that cannot be read', () => {
  it('is leased and told of, while the others are handed out', async () => {
    await queue.send([inGroup('a', 1), inGroup('a', 2), inGroup('b', 1)])
    await damage(`UPDATE events SET body = substr(body, 2) WHERE seq = 1`)
    const { events, unreadable } = await lease()
    expect(namesOf(events)).toEqual(['b 1'])
    expect(unreadable).toEqual([
      [{ group: inGroup('a', 1).group, sequence: '1' }, expect.any(DamagedRecord)],
    ])
    // It is leased, so nothing of its object is.
    expect(await lease()).toEqual({ events: [], unreadable: [] })
  })

  it('is set aside as it was, and its object goes on', async () => {
    await queue.send([inGroup('a', 1), inGroup('a', 2)])
    const bytes = Buffer.from('{"id":"\u{fe}\xff', 'latin1')
    await damage(`UPDATE events SET body = CAST(? AS TEXT) WHERE seq = 1`, bytes)
    await setAsideUnreadable()
    expect(namesOf((await lease()).events)).toEqual(['a 2'])
    expect(await queue.depth()).toMatchObject({ events: 1 })
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
    expect(await bodiesOf('quarantine')).toEqual([bytes.toString('hex')])
    await queue.quarantine.replay()
    expect(await bodiesOf('events')).toContain(bytes.toString('hex'))
  })

  it('goes back as whatever the database throws', async () => {
    await queue.send([inGroup('a', 1)])
    const broken = new Error('disk I/O error')
    await restart()
    await queue.loaded()
    vi.spyOn(database, 'read').mockRejectedValueOnce(broken)
    const { unreadable } = await lease()
    expect(unreadable.map(([, error]) => error)).toEqual([broken])
    for (const [leased] of unreadable) queue.release(leased, START)
    expect(namesOf((await lease()).events)).toEqual(['a 1'])
  })
})

describe('what is set aside', () => {
  it('left its queue in the same transaction', async () => {
    await queue.send([inGroup('a', 1)])
    await sendRetry({ deliveryId: 'd', attempt: 3, dueAt: START })
    const [leased] = await queue.leaseEvents(1)
    const [retry] = await queue.leaseRetries(1)
    if (!leased || !retry) throw new Error('nothing was leased')
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec')
    await Promise.all([queue.setAsideEvent(leased, REASON), queue.setAsideRetry(retry, REASON)])
    expect(exec.mock.calls.filter(([sql]) => sql === 'COMMIT')).toHaveLength(1)
    await restart()
    expect(await queue.depth()).toEqual({ events: 0, retries: 0 })
    expect((await queue.quarantine.depth()).messages).toEqual({ event: 1, retry: 1 })
    expect((await queue.quarantine.list(10)).messages).toMatchObject([
      { kind: 'event', cluster: 'local', ...REASON },
      { kind: 'retry', deliveryId: 'd', ...REASON },
    ])
  })

  it('stays leased in its queue when the database fails, and can be released', async () => {
    await queue.send([inGroup('a', 1)])
    const [leased] = await queue.leaseEvents(1)
    if (!leased) throw new Error('nothing was leased')
    vi.spyOn(database, 'write').mockRejectedValueOnce(new Error('the disk is full'))
    await expect(queue.setAsideEvent(leased, REASON)).rejects.toThrow('the disk is full')
    expect((await queue.quarantine.depth()).messages.event).toBe(0)
    queue.release(leased, START)
    expect(namesOf((await lease()).events)).toEqual(['a 1'])
  })

  it('comes back behind what its object has in the queue, with the order time it had', async () => {
    await queue.send([{ ...inGroup('a', 1), orderTime: START - 7 }, inGroup('a', 2)])
    await sendRetry({ deliveryId: 'd', attempt: 3, dueAt: START })
    const [leased] = await queue.leaseEvents(1)
    const [retry] = await queue.leaseRetries(1)
    if (!leased || !retry) throw new Error('nothing was leased')
    await queue.setAsideEvent(leased, REASON)
    await queue.setAsideRetry(retry, REASON)
    const ready = vi.fn()
    queue.onReady(ready)
    expect(await queue.quarantine.replay()).toEqual({ event: 1, retry: 1 })
    expect(ready.mock.calls).toEqual([['event'], ['retry']])
    expect(await queue.depth()).toMatchObject({ events: 2, retries: 1 })
    const [second] = await queue.leaseEvents(1)
    if (!second) throw new Error('nothing was leased')
    expect(namesOf([second])).toEqual(['a 2'])
    await queue.acknowledge(second)
    expect(await queue.leaseEvents(1)).toMatchObject([
      { sequence: expect.any(String), orderTime: START - 7 },
    ])
    expect(await queue.leaseRetries(10)).toMatchObject([retry])
    expect(await queue.quarantine.list(10)).toEqual({ messages: [] })
    expect(await queue.quarantine.replay()).toEqual({ event: 0, retry: 0 })
  })

  it('is listed in pages, put back whole, and bounded', async () => {
    const names = Array.from({ length: 1_203 }, (_, n) => inGroup(`object-${n}`, 1))
    await queue.send(names)
    const leased = await queue.leaseEvents(2_000)
    await Promise.all(leased.map((each) => queue.setAsideEvent(each, REASON)))
    const first = await queue.quarantine.list(1_200)
    expect(first).toMatchObject({ nextCursor: '1200', messages: { length: 1_200 } })
    const second = await queue.quarantine.list(1_200, first.nextCursor)
    expect(second.messages.map(({ id }) => id)).toEqual(['1201', '1202', '1203'])
    expect(second.nextCursor).toBeUndefined()
    expect(await queue.quarantine.replay()).toEqual({ event: 1_203, retry: 0 })
    expect(await queue.leaseEvents(2_000)).toHaveLength(1_203)
  })

  it('is no more than 64 MiB: what comes beyond stays in its queue', async () => {
    const long = 'x'.repeat(33 * 1024 * 1024)
    const sent = [event('a', long), event('b', long), event('c', 'short')]
    await queue.send(sent.map((each) => acceptedEvent({ event: each })))
    const outcomes: PromiseSettledResult<void>[] = []
    for (const _ of sent) {
      const leased = await queue.leaseEvents(1)
      outcomes.push(
        ...(await Promise.allSettled(leased.map((each) => queue.setAsideEvent(each, REASON)))),
      )
    }
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect(outcomes[2]).toMatchObject({
      reason: {
        name: 'QuarantineFull',
        message: expect.stringMatching(/^2 messages of \d+ bytes/),
      },
    })
    expect((await queue.depth()).events).toBe(1)
  })

  it('is kept for 30 days', async () => {
    await queue.send([inGroup('a', 1)])
    for (const leased of await queue.leaseEvents(1)) await queue.setAsideEvent(leased, REASON)
    clock.advance(30 * DAY_MS - 1)
    expect(await queue.quarantine.sweep(clock.now())).toBe(0)
    expect((await queue.quarantine.list(1)).messages).toHaveLength(1)
    clock.advance(1)
    expect((await queue.quarantine.list(1)).messages).toEqual([])
    expect(await queue.quarantine.sweep(clock.now())).toBe(1)
    expect(await queue.quarantine.depth()).toEqual({ messages: { event: 0, retry: 0 }, bytes: 0 })
  })

  it('is not counted as put back when its delivery went on without it', async () => {
    for (const deliveryId of ['waits', 'goes on']) {
      await sendRetry({ deliveryId, attempt: 3, dueAt: START })
    }
    for (const retry of await queue.leaseRetries(2)) await queue.setAsideRetry(retry, REASON)
    // A person has replayed it meanwhile.
    await database.write([change("UPDATE ledger SET attempt = 4 WHERE id = 'goes on'")])
    expect(await queue.quarantine.replay()).toEqual({ event: 0, retry: 1 })
    expect(await queue.leaseRetries(10)).toMatchObject([{ deliveryId: 'waits', attempt: 3 }])
    expect(await queue.quarantine.list(10)).toEqual({ messages: [] })
  })

  it('is kept for as long as its delivery waits, which would else wait for ever', async () => {
    for (const deliveryId of ['waits', 'goes on']) {
      await sendRetry({ deliveryId, attempt: 3, dueAt: START })
    }
    const retries = await queue.leaseRetries(2)
    for (const retry of retries) await queue.setAsideRetry(retry, REASON)
    // A person has replayed it meanwhile.
    await database.write([change("UPDATE ledger SET attempt = 4 WHERE id = 'goes on'")])
    clock.advance(90 * DAY_MS)
    expect(await queue.quarantine.sweep(clock.now())).toBe(1)
    const { messages } = await queue.quarantine.list(10)
    expect(messages).toMatchObject([{ kind: 'retry', deliveryId: 'waits' }])
    expect(await queue.quarantine.replay()).toEqual({ event: 0, retry: 1 })
    expect(await queue.leaseRetries(10)).toMatchObject([{ deliveryId: 'waits', attempt: 3 }])
  })
})

async function setAsideUnreadable(): Promise<void> {
  const reason = { cause: 'it cannot be read', rejections: 0, firstAt: START }
  for (const [leased] of (await lease()).unreadable) await queue.setAsideEvent(leased, reason)
}

async function lease() {
  const unreadable: [EventLease, unknown][] = []
  const events = await queue.leaseEvents(100, (leased, error) => unreadable.push([leased, error]))
  return { events, unreadable }
}

function open(): void {
  database = openRelayDatabase(file)
  queue = new SqliteQueue(database, clock)
}

/** Closing is as good as a crash here: leases are in memory. */
async function restart(): Promise<void> {
  await database.close()
  open()
}

/** Records that wait, and tells the queue of them. */
async function sendRetry(message: RetryMessage): Promise<void> {
  await recordWaiting(acceptingLedger(database, clock), [message])
  await queue.sendRetries([message])
}

async function bodiesOf(table: 'events' | 'quarantine'): Promise<readonly string[]> {
  const rows = await database.read<{ hex: string }>(`SELECT lower(hex(body)) AS hex FROM ${table}`)
  return rows.map(({ hex }) => hex)
}

function inGroup(group: string, number: number): AcceptedEvent {
  return acceptedEvent({ event: event(group, String(number)) })
}

function namesOf(events: readonly QueuedEvent[]): readonly string[] {
  return events.map(({ event: { involvedObject, message } }) => `${involvedObject.name} ${message}`)
}
