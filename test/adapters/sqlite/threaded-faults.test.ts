import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { expect, it, onTestFinished, vi } from 'vitest'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase, type RelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { SqliteStateStore } from '../../../adapters/sqlite/state.ts'
import { change } from '../../../adapters/sqlite/statement.ts'
import { openThreadedDatabase } from '../../../adapters/sqlite/threaded-database.ts'
import type { AcceptedEvent } from '../../../relay/model/queue-messages.ts'
import { acceptedEvent, deliveryRecord, event } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { acceptingLedger } from './support/accepting-ledger.ts'
import { newFile } from './support/database-files.ts'

async function open(file = newFile()) {
  const lost = vi.fn()
  const database = await openThreadedDatabase(file, lost)
  onTestFinished(() => database.close())
  return { database, file, lost }
}

function eventAbout(index: number): AcceptedEvent {
  return acceptedEvent({ event: event(`app-${index}`, 'a message of some length '.repeat(40)) })
}

/** Lets the file have so many pages more than now, and no more than it has without a number. */
async function leaveRoom(database: RelayDatabase, pages = 0): Promise<void> {
  const [row] = await database.read<{ page_count: number }>('PRAGMA page_count')
  await database.read(`PRAGMA max_page_count = ${(row?.page_count ?? 0) + pages}`)
}

it('acknowledges nothing that a full disk cannot hold, and goes on when there is room', async () => {
  const { database, file, lost } = await open()
  const clock = new ManualClock()
  const queue = new SqliteQueue(database, clock)
  const ledger = acceptingLedger(database, clock)
  const state = new SqliteStateStore(database, clock)
  const fullError = { name: 'DatabaseError', problem: 'full' }
  await leaveRoom(database, 20)
  const acknowledged: string[] = []
  let refused: AcceptedEvent | undefined
  for (let index = 0; refused === undefined; index += 1) {
    const next = eventAbout(index)
    const failure = await queue.send([next]).then(
      () => void acknowledged.push(next.id),
      (error: unknown) => error,
    )
    if (failure === undefined) continue
    refused = next
    expect(failure).toMatchObject(fullError)
    expect(String(failure)).toContain(`${file}: there is no space left. Free some space`)
  }
  expect(acknowledged.length).toBeGreaterThan(3)
  // What is there can be read, and every store says the same.
  const [leased] = await queue.leaseEvents(1)
  expect(leased?.id).toBe(acknowledged[0])
  const big = 'x'.repeat(50_000)
  const record = deliveryRecord({ id: 'd', notes: [big] })
  await expect(ledger.writeMany([{ record, expected: 'absent' }])).rejects.toMatchObject(fullError)
  await expect(state.write('local#a', big, 'absent', START * 2)).rejects.toMatchObject(fullError)
  expect(await ledger.readMany(['d'])).toEqual([])
  expect(await state.read('local#a')).toBeUndefined()

  expect(database.trouble).toMatchObject(fullError)
  await leaveRoom(database, 1_000)
  await vi.waitFor(() => expect(database.trouble).toBeUndefined(), { timeout: 10_000 })
  expect(await queue.send([refused])).toEqual(['queued'])
  expect(await state.write('local#a', big, 'absent', START * 2)).toBe(true)
  expect(await ledger.writeMany([{ record, expected: 'absent' }])).toEqual([true])
  expect(lost).not.toHaveBeenCalled()
  await database.close()

  const again = new SqliteQueue((await open(file)).database, clock)
  await again.loaded()
  expect((await again.leaseEvents(1_000)).map(({ id }) => id)).toEqual([
    ...acknowledged,
    refused.id,
  ])
})

it('says that a file was damaged under it, acknowledges nothing after, and is not opened again', async () => {
  const { database, file } = await open()
  const clock = new ManualClock()
  const queue = new SqliteQueue(database, clock)
  // More than SQLite keeps in memory.
  const events = Array.from({ length: 4_000 }, (_, index) => eventAbout(index))
  await queue.send(events)
  await database.close()
  const damaged = await open(file)
  const after = new SqliteQueue(damaged.database, clock)
  await after.loaded()
  overwrite(file)
  const unreadable: unknown[] = []
  const read = await after.leaseEvents(4_000, (_, error) => unreadable.push(error))
  expect(read).toEqual([])
  expect(unreadable).toHaveLength(4_000)
  expect(unreadable[0]).toMatchObject({ name: 'DatabaseError', problem: 'corrupt' })
  expect(String(unreadable[0])).toContain(
    `${file}: the database is damaged. Restore it from a backup, or move it away to start anew.`,
  )
  const sending = after.send([acceptedEvent({ event: event('new') })])
  await expect(sending).rejects.toMatchObject({ problem: 'corrupt' })
  expect(damaged.lost).not.toHaveBeenCalled()
  await damaged.database.close().catch(() => undefined)
  const opening = openThreadedDatabase(file, () => undefined)
  await expect(opening).rejects.toMatchObject({ problem: 'corrupt' })
  expect(() => openRelayDatabase(file)).toThrow(/the database is damaged/)
})

/** Writes over all but the first pages, as a failing disk does, without reading. */
function overwrite(file: string): void {
  const descriptor = openSync(file, 'r+')
  const from = 40 * 4_096
  writeSync(descriptor, Buffer.alloc(statSync(file).size - from, 0x5a), 0, undefined, from)
  closeSync(descriptor)
}

it('sweeps what has expired in slices, between which others are served', async () => {
  const { database } = await open()
  const clock = new ManualClock()
  const retentionMs = 1_000
  const ledger = acceptingLedger(database, clock, { retentionMs })
  const state = new SqliteStateStore(database, clock)
  const records = Array.from({ length: 1_200 }, (_, index) => deliveryRecord({ id: `d${index}` }))
  await ledger.writeMany(records.map((record) => ({ record, expected: 'absent' as const })))
  const items = records.map(({ id }) => state.write(`local#${id}`, id, 'absent', START + 500))
  await Promise.all(items)
  await state.write('local#lasting', 'x', 'absent', START * 2)
  clock.advance(retentionMs)

  let served = 0
  let isSwept = false
  const others = (async () => {
    while (!isSwept) {
      await database.write([change('UPDATE order_time SET latest = latest + 1')])
      served += 1
    }
  })()
  expect(await ledger.sweep(clock.now())).toBe(1_200)
  expect(await state.sweep(clock.now())).toBe(1_200)
  isSwept = true
  await others
  expect(served).toBeGreaterThan(3)
  expect(await database.read('SELECT id FROM ledger')).toEqual([])
  expect(await database.read('SELECT key FROM state')).toEqual([{ key: 'local#lasting' }])
  // Its events are young, and known for an hour.
  clock.advance(3_600_000)
  expect(await new SqliteQueue(database, clock).sweep(clock.now())).toBe(1_200)
})
