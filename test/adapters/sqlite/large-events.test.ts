import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { LARGE_BYTES_LEASED } from '../../../adapters/sqlite/large-bodies.ts'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase, type RelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import type { AcceptedEvent, QueuedEvent } from '../../../relay/model/queue-messages.ts'
import { acceptedEvent, event } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const MIB = 1024 * 1024

/** So many events of 2 MiB are the half of what may be leased. */
const HALF = LARGE_BYTES_LEASED / 2 / (2 * MIB)

let file: string
let database: RelayDatabase
let clock: ManualClock
let queue: SqliteQueue
/** Whether the queue told of something to lease, as the worker is told. */
let isReady: boolean

beforeEach(() => {
  file = join(temporaryDirectory(), 'relay.db')
  clock = new ManualClock()
  open()
})

afterEach(() => database.close())

it('are leased by their bytes, and one cluster leaves as many to the others', async () => {
  await queue.send(Array.from({ length: 20 }, (_, n) => large('a', `a${n}`)))
  await restart()
  expect(await leaseAll()).toHaveLength(HALF)
  await queue.send([large('b', 'b0'), large('b', 'b1')])
  expect(namesOf(await leaseAll())).toEqual(['b0', 'b1'])
})

it('are passed by those that are not large, also of their own cluster', async () => {
  await queue.send(Array.from({ length: 20 }, (_, n) => large('a', `a${n}`)))
  await leaseAll()
  await queue.send([small('a', 'late'), small('b', 'later')])
  expect(namesOf(await leaseAll())).toEqual(['late', 'later'])
})

it('are leased when others leave the queue or go back to it', async () => {
  await queue.send(Array.from({ length: 20 }, (_, n) => large('a', `a${n}`)))
  const [first, second] = await leaseAll()
  if (!first || !second) throw new Error('nothing was leased')
  await queue.acknowledge(first)
  expect(namesOf(await leaseAll())).toEqual([`a${HALF}`])
  queue.release(second, START + 5)
  expect(namesOf(await leaseAll())).toEqual([`a${HALF + 1}`])
  clock.advance(5)
  expect(await leaseAll()).toEqual([])
  expect(queue.nextWakeAt()).toBeUndefined()
})

it('come again at their time when they went back', async () => {
  await queue.send([large('a', 'a0')])
  const [leased] = await leaseAll()
  if (!leased) throw new Error('nothing was leased')
  queue.release(leased, START + 5)
  expect(await leaseAll()).toEqual([])
  expect(queue.nextWakeAt()).toBe(START + 5)
  queue.clockWasSet(10)
  expect(queue.nextWakeAt()).toBe(START + 15)
  clock.advance(15)
  isReady = true
  expect(namesOf(await leaseAll())).toEqual(['a0'])
})

it('keep the order of their objects, of which the next may be small', async () => {
  await queue.send([large('a', 'x', '1'), small('a', 'x', '2'), large('a', 'x', '3')])
  for (const message of ['1', '2', '3']) {
    const [leased, ...others] = await leaseAll()
    expect([leased?.event.message, others]).toEqual([message, []])
    if (leased) await queue.acknowledge(leased)
  }
  expect(await leaseAll()).toEqual([])
  expect((await queue.depth()).events).toBe(0)
})

function open(): void {
  database = openRelayDatabase(file)
  queue = new SqliteQueue(database, clock)
  isReady = true
  queue.onReady(() => {
    isReady = true
  })
}

async function restart(): Promise<void> {
  await database.close()
  open()
  await queue.loaded()
}

/** Leases as the worker does: again while the queue says that there may be something. */
async function leaseAll(): Promise<readonly QueuedEvent[]> {
  const leased: QueuedEvent[] = []
  await Promise.resolve()
  while (isReady) {
    isReady = false
    leased.push(...(await queue.leaseEvents(100)))
    await Promise.resolve()
  }
  return leased
}

function namesOf(events: readonly QueuedEvent[]): readonly string[] {
  return events.map((leased) => leased.event.involvedObject.name)
}

function large(cluster: string, name: string, message = 'large'): AcceptedEvent {
  const content = event(name, message)
  const metadata = { ...content.metadata, big: 'x'.repeat(2 * MIB) }
  return acceptedEvent({ cluster, event: { ...content, metadata } })
}

function small(cluster: string, name: string, message = 'small'): AcceptedEvent {
  return acceptedEvent({ cluster, event: event(name, message) })
}
