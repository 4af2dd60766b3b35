import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LARGE_BYTES_LEASED } from '../../../adapters/sqlite/large-bodies.ts'
import { SqliteLedger } from '../../../adapters/sqlite/ledger.ts'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase, type RelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { SqliteWaitingLines } from '../../../adapters/sqlite/waiting-lines.ts'
import type { DeliveryRecord } from '../../../relay/model/delivery.ts'
import type { RetryMessage } from '../../../relay/model/queue-messages.ts'
import { acceptedEvent, deliveryRecord, event } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { acceptingLedger } from './support/accepting-ledger.ts'

const MIB = 1024 * 1024

let database: RelayDatabase
let clock: ManualClock
let ledger: SqliteLedger

beforeEach(() => {
  database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  clock = new ManualClock()
  ledger = acceptingLedger(database, clock)
})

afterEach(() => {
  vi.restoreAllMocks()
  return database.close()
})

describe('retries of large events', () => {
  /** So many of 2 MiB are the half of what may be leased. */
  const half = LARGE_BYTES_LEASED / 2 / (2 * MIB)

  async function openQueue() {
    await keep(...Array.from({ length: 20 }, (_, n) => waiting('a', `a${n}`, 2 * MIB, n)))
    await keep(waiting('a', 'small', 1, 30), waiting('b', 'other', 2 * MIB, 31))
    const queue = new SqliteQueue(database, clock)
    clock.advance(1_000)
    return queue
  }

  it('are leased by their bytes, and leave room for other clusters and for small ones', async () => {
    const queue = await openQueue()
    const leased = await queue.leaseRetries(100)
    const ofHalf = Array.from({ length: half }, (_, n) => `a${n}`)
    expect(namesOf(leased).toSorted()).toEqual([...ofHalf, 'other', 'small'])
    expect(await queue.leaseRetries(100)).toEqual([])
    const [first, second] = leased.filter(({ deliveryId }) => deliveryId.startsWith('a'))
    if (!first || !second) throw new Error('nothing was leased')
    const ready = vi.fn()
    queue.onReady(ready)
    await queue.acknowledgeRetry(first)
    await Promise.resolve()
    expect(ready).toHaveBeenCalledWith('retry')
    expect(namesOf(await queue.leaseRetries(100))).toEqual([`a${half}`])
    queue.releaseRetry(second, START + 2_000)
    expect(queue.nextWakeAt()).toBe(START + 2_000)
    clock.advance(1_000)
    expect(namesOf(await queue.leaseRetries(1))).toEqual([`a${half + 1}`])
  })

  it('are passed by all that are not large, however many are due before', async () => {
    const queue = await openQueue()
    expect(namesOf(await queue.leaseRetries(10))).toContain('small')
  })

  it('wait on when their sizes cannot be read', async () => {
    const queue = await openQueue()
    await queue.loaded()
    const own = database.read.bind(database)
    const read = vi.spyOn(database, 'read').mockImplementationOnce(own)
    read.mockRejectedValueOnce(new Error('the disk fails'))
    await expect(queue.leaseRetries(100)).rejects.toThrow('the disk fails')
    read.mockRestore()
    expect(await queue.leaseRetries(100)).toHaveLength(half + 2)
  })
})

it('a page of large events is short, and the next ones have the rest', async () => {
  await keep(...Array.from({ length: 9 }, (_, n) => waiting('a', `a${n}`, 3 * MIB, n)))
  const pages: (readonly string[])[] = []
  let cursor: string | undefined
  do {
    const page = await ledger.list({ cluster: 'a' }, 100, cursor)
    pages.push(page.records.map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor !== undefined)
  expect(pages.map(({ length }) => length)).toEqual([2, 2, 2, 2, 1])
  expect(pages.flat().toSorted()).toEqual(Array.from({ length: 9 }, (_, n) => `a${n}`))
})

it('the many deliveries of one large event share it, in a page and where they are read at once', async () => {
  const shared = new SqliteLedger(database, clock)
  const queue = new SqliteQueue(database, clock)
  await queue.send([acceptedEvent({ event: largeEvent('shared', 3 * MIB) })])
  const [queued] = await queue.leaseEvents(1)
  if (!queued) throw new Error('nothing was leased')
  const order = `001795166043000.${queued.sequence.padStart(40, '0')}`
  const records = Array.from({ length: 50 }, (_, n) =>
    deliveryRecord({ id: `d${n}`, eventId: queued.id, event: queued.event, order }),
  )
  await shared.writeMany(records.map((record) => ({ record, expected: 'absent' })))
  const { records: listed } = await shared.list({}, 100)
  const read = await shared.readMany(records.map(({ id }) => id))
  expect([listed.length, read.length]).toEqual([50, 50])
  expect(new Set(read.map(({ value }) => value.event)).size).toBe(1)
  expect(read.map(({ value }) => value).toSorted(byId)).toEqual(records.toSorted(byId))
})

it('large events are left unread where only what became of them matters', async () => {
  await keep(waiting('a', 'one', 2 * MIB, 1), waiting('a', 'two', 2 * MIB, 2))
  const read = vi.spyOn(database, 'read')
  const ids = ['one', 'two', 'three']
  const found = await ledger.readMany(ids, { withoutEvents: true })
  expect(found.map(({ value }) => [value.id, value.status.kind])).toEqual([
    ['one', 'waiting'],
    ['two', 'waiting'],
  ])
  const rows = await Promise.all(read.mock.results.map(({ value }) => value))
  expect(JSON.stringify([rows, found]).length).toBeLessThan(10_000)
})

it('what waits for a destination is told with the bytes of its event', async () => {
  const destination = 'a#p#hooks.test'
  const record = waiting('a', 'one', 2 * MIB, 1)
  const status = { ...record.status, why: 'destination', destination }
  await keep({ ...record, status } as DeliveryRecord)
  const [found] = await new SqliteWaitingLines(database).page(destination, undefined, 10)
  expect(found?.id).toBe('one')
  expect(found?.bytes).toBeGreaterThan(2 * MIB)
})

async function keep(...records: readonly DeliveryRecord[]): Promise<void> {
  await ledger.writeMany(records.map((record) => ({ record, expected: 'absent' })))
}

function largeEvent(name: string, bytes: number) {
  const content = event(name)
  return { ...content, metadata: { ...content.metadata, big: 'x'.repeat(bytes) } }
}

function waiting(cluster: string, id: string, bytes: number, dueInMs: number): DeliveryRecord {
  const changes = { id, cluster, eventId: `event of ${id}`, event: largeEvent(id, bytes) }
  return deliveryRecord({ ...changes, outcome: 'retry', attempt: 2, dueAt: START + dueInMs })
}

function namesOf(messages: readonly RetryMessage[]): readonly string[] {
  return messages.map(({ deliveryId }) => deliveryId)
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1
}
