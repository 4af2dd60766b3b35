import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { acceptedEvent, event } from '../../support/delivery-records.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { MemoryDisk } from '../../support/memory-disk.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => void vi.useRealTimers())

/** A queue in which two events are leased. */
async function withTwoEvents() {
  const disk = new MemoryDisk()
  const told = vi.fn()
  const { database } = disk.use()
  const queue = new SqliteQueue(database, new ManualClock(), told)
  await queue.send(['a', 'b'].map((name) => acceptedEvent({ event: event(name) })))
  const leased = await queue.leaseEvents(2)
  const removeAll = () => Promise.all(leased.map((one) => queue.acknowledge(one)))
  return { disk, database, queue, told, removeAll }
}

const queued = (disk: MemoryDisk) => disk.rows('SELECT seq FROM events WHERE queued = 1').length

/** Lets time pass, and what was to be done then be done. */
async function pass(ms: number, disk: MemoryDisk): Promise<void> {
  vi.advanceTimersByTime(ms)
  vi.advanceTimersByTime(100)
  await vi.waitFor(() => expect(disk.underWay).toBe(0), { interval: 1 })
}

it('takes off the queue later what could not leave a full disk, and tells of each failure', async () => {
  const { disk, queue, told, removeAll } = await withTwoEvents()
  disk.isFull = true
  await removeAll()
  await pass(0, disk)
  await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1))
  expect(told).toHaveBeenLastCalledWith(expect.objectContaining({ problem: 'full' }), 1, 1_000)
  await pass(1_000, disk)
  await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(2))
  expect(told).toHaveBeenLastCalledWith(expect.objectContaining({ problem: 'full' }), 2, 2_000)
  // They are done, so this process hands them out no more.
  expect(await queue.leaseEvents(2)).toEqual([])
  expect(queued(disk)).toBe(2)
  disk.isFull = false
  await pass(2_000, disk)
  await vi.waitFor(() => expect(queued(disk)).toBe(0))
  await pass(60_000, disk)
  expect(told).toHaveBeenCalledTimes(2)
})

it('leaves it to the next start when the database is closed meanwhile', async () => {
  const { disk, database, told, removeAll } = await withTwoEvents()
  disk.isFull = true
  await removeAll()
  await pass(0, disk)
  await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1))
  await database.close()
  disk.isFull = false
  await pass(1_000, disk)
  await pass(60_000, disk)
  expect(told).toHaveBeenCalledTimes(1)
  expect(vi.getTimerCount()).toBe(0)
  expect(queued(disk)).toBe(2)
})
