import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { DueTimes } from '../../../adapters/sqlite/due-times.ts'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase, type RelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { acceptedEvent, deliveryRecord, event } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { acceptingLedger } from './support/accepting-ledger.ts'
import { newFile } from './support/database-files.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

let clock: ManualClock
let database: RelayDatabase
let queue: SqliteQueue

beforeEach(async () => {
  clock = new ManualClock()
  database = openRelayDatabase(newFile())
  onTestFinished(() => database.close())
  queue = new SqliteQueue(database, clock)
  await queue.loaded()
})

/** A record that was decided now, and waits for so long. */
async function waiting(id: string, waitMs: number, destination?: string): Promise<void> {
  const now = clock.now()
  const dueAt = now + waitMs
  const changes = {
    id,
    dueAt,
    updatedAt: now,
    chainStartedAt: now,
    outcome: 'retry',
    attempt: 2,
  } as const
  const record = deliveryRecord(changes)
  if (record.status.kind !== 'waiting') throw new Error('it does not wait')
  const status = { ...record.status, ...(destination && { destination }) }
  const write = { record: { ...record, status }, expected: 'absent' } as const
  await acceptingLedger(database, clock).writeMany([write])
  await queue.sendRetries([{ deliveryId: id, attempt: 2, dueAt }])
}

/** A record that was decided by a clock that was so much ahead of the one of now, and waits for so long. */
async function decidedAhead(id: string, aheadMs: number, waitMs: number): Promise<void> {
  clock.advance(aheadMs)
  await waiting(id, waitMs)
  clock.advance(-aheadMs)
}

async function leasedIds(): Promise<readonly string[]> {
  return (await queue.leaseRetries(100)).map(({ deliveryId }) => deliveryId)
}

/** Lets time pass, and gives what is due then. */
async function dueAfter(ms: number): Promise<readonly string[]> {
  clock.advance(ms)
  return leasedIds()
}

/** The clock is set, and the queue told, as the host does. */
function set(byMs: number): void {
  clock.advance(byMs)
  queue.clockWasSet(byMs)
}

it.each([
  ['back by hours', -5 * HOUR_MS],
  ['back by a minute', -MINUTE_MS],
  ['forward by days', 3 * DAY_MS],
  ['forward by a minute', MINUTE_MS],
])('lets a retry wait no longer and no shorter after the clock was set %s', async (_, byMs) => {
  await waiting('soon', 5_000)
  await waiting('later', 30 * MINUTE_MS)
  set(byMs)
  expect(await dueAfter(4_999)).toEqual([])
  expect(await dueAfter(1)).toEqual(['soon'])
  expect(queue.nextWakeAt()).toBe(clock.now() + 30 * MINUTE_MS - 5_000)
  expect(await dueAfter(30 * MINUTE_MS - 5_000)).toEqual(['later'])
  const [read] = await acceptingLedger(database, clock).readMany(['later'])
  expect(read?.value).toMatchObject({
    chainStartedAt: START + byMs,
    status: { dueAt: START + byMs + 30 * MINUTE_MS },
  })
})

it('lets what was decided as the clock was set back, and stored after that, wait no longer', async () => {
  await queue.dueTimes.bringBack()
  await waiting('before', 20 * MINUTE_MS)
  set(-HOUR_MS)
  await decidedAhead('then', HOUR_MS, 5 * MINUTE_MS)
  await waiting('after', 10 * MINUTE_MS)
  await queue.dueTimes.bringBack()
  expect(await dueAfter(5 * MINUTE_MS)).toEqual(['then'])
  expect(await dueAfter(5 * MINUTE_MS)).toEqual(['after'])
  expect(await dueAfter(10 * MINUTE_MS)).toEqual(['before'])
})

it('keeps the wait of an event that was put back, whatever the clock is set to', async () => {
  for (const byMs of [-5 * HOUR_MS, 3 * DAY_MS]) {
    await queue.send([acceptedEvent({ event: event(`app${byMs}`) })])
    const [leased] = await queue.leaseEvents(1)
    if (!leased) throw new Error('nothing is leased')
    queue.release(leased, clock.now() + 2_000)
    set(byMs)
    clock.advance(1_999)
    expect(await queue.leaseEvents(1)).toEqual([])
    clock.advance(1)
    expect(await queue.leaseEvents(1)).toHaveLength(1)
  }
})

it('brings back at the start what a clock decided that was ahead, by its own wait', async () => {
  await waiting('soon', 5_000)
  await waiting('line', DAY_MS, 'local#uid#host')
  clock.advance(-10 * MINUTE_MS)
  await waiting('right', 20 * MINUTE_MS)
  await queue.dueTimes.bringBack()
  expect(await dueAfter(5_000)).toEqual(['soon'])
  expect(await dueAfter(20 * MINUTE_MS - 5_000)).toEqual(['right'])
  expect(await dueAfter(DAY_MS - 20 * MINUTE_MS)).toEqual(['line'])
})

it('brings back each minute what is due later than any wait lasts, and nothing else', async () => {
  await waiting('far', 5_000)
  await waiting('hour', 72 * MINUTE_MS)
  await waiting('line', DAY_MS, 'local#uid#host')
  await queue.dueTimes.bringBack()
  expect(queue.nextWakeAt()).toBe(START + 5_000)
  // Nobody noticed that it was set.
  clock.advance(-30 * DAY_MS)
  await queue.dueTimes.bringBack()
  await queue.dueTimes.bringBack()
  expect(await dueAfter(5_000)).toEqual(['far'])
  expect(await dueAfter(72 * MINUTE_MS - 5_000)).toEqual(['hour'])
  expect(await dueAfter(DAY_MS - 72 * MINUTE_MS)).toEqual(['line'])
})

it('finds what comes after a place by an index, also among many of one time', async () => {
  const plans: string[] = []
  const explained: Pick<RelayDatabase, 'read' | 'write'> = {
    write: (unit) => database.write(unit),
    async read(sql, ...parameters) {
      const plan = await database.read<{ detail: string }>(
        `EXPLAIN QUERY PLAN ${sql}`,
        ...parameters,
      )
      plans.push(...plan.map(({ detail }) => detail))
      return database.read(sql, ...parameters)
    },
  }
  await new DueTimes(explained, clock, () => undefined).bringBack()
  const searches = plans.filter((detail) => detail.includes('SEARCH'))
  expect(new Set(searches)).toEqual(
    new Set([
      'SEARCH ledger USING INDEX ledger_by_due (due_at=? AND rowid>?)',
      'SEARCH ledger USING INDEX ledger_by_due (due_at>?)',
    ]),
  )
  expect(plans.join()).not.toMatch(/SCAN|TEMP B-TREE/)
})

describe('of many that wait', () => {
  const WAITING = ['a', 'b', 'c', 'd', 'e']
  /** Looks at two records at once. */
  const dueTimes = () => new DueTimes(database, clock, () => undefined, 2)

  async function dueTimesOf(): Promise<readonly number[]> {
    const rows = await database.read<{ at: number }>('SELECT due_at AS at FROM ledger ORDER BY id')
    return rows.map(({ at }) => at)
  }

  it.each([
    ['later', 30 * DAY_MS],
    ['at the start', 10 * MINUTE_MS],
  ])('finds each, %s', async (when, byMs) => {
    for (const [index, id] of WAITING.entries()) await waiting(id, 5_000 + index * 1_000)
    const times = dueTimes()
    if (when === 'later') await times.bringBack()
    clock.advance(-byMs)
    await times.bringBack()
    const now = clock.now()
    expect(await dueTimesOf()).toEqual(WAITING.map((_, index) => now + 5_000 + index * 1_000))
  })

  it('looks at some at once', async () => {
    for (const id of WAITING) await waiting(id, DAY_MS, 'local#uid#host')
    const read = vi.spyOn(database, 'read')
    const times = dueTimes()
    await times.bringBack()
    const atStart = read.mock.results.length
    await times.bringBack()
    const looks = await Promise.all(read.mock.results.map(({ value }) => value))
    expect(looks.slice(0, atStart).map((look) => look.length)).toEqual([2, 2, 1, 2, 2, 1])
    expect(looks.slice(atStart).map((look) => look.length)).toEqual([2, 2, 1])
  })

  it('reads all until that has succeeded once', async () => {
    for (const id of WAITING) await waiting(id, 5_000)
    clock.advance(-10 * MINUTE_MS)
    const times = dueTimes()
    vi.spyOn(database, 'write').mockRejectedValueOnce(new Error('the disk is full'))
    await expect(times.bringBack()).rejects.toThrow('the disk is full')
    await times.bringBack()
    expect(await dueTimesOf()).toEqual(WAITING.map(() => clock.now() + 5_000))
  })

  it('finds each though the clock is set back meanwhile', async () => {
    for (const [index, id] of WAITING.entries()) await waiting(id, (20 + index) * MINUTE_MS)
    clock.advance(-10 * MINUTE_MS)
    const times = dueTimes()
    let wasSet = false
    const write = database.write.bind(database)
    vi.spyOn(database, 'write').mockImplementation(async (unit, answered) => {
      const result = await write(unit, answered)
      if (!wasSet) {
        wasSet = true
        clock.advance(-HOUR_MS)
        times.clockWasSet(-HOUR_MS)
      }
      return result
    })
    await times.bringBack()
    const now = clock.now()
    expect(await dueTimesOf()).toEqual(WAITING.map((_, index) => now + (20 + index) * MINUTE_MS))
  })

  it('begins once at a time', async () => {
    for (const id of WAITING) await waiting(id, DAY_MS, 'local#uid#host')
    const read = vi.spyOn(database, 'read')
    const times = dueTimes()
    const first = times.bringBack()
    await times.bringBack()
    expect(read).toHaveBeenCalledTimes(1)
    await first
    await times.bringBack()
    expect(read.mock.calls.length).toBeGreaterThan(1)
  })
})
