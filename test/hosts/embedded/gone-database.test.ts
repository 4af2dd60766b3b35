import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openThreadedDatabase } from '../../../adapters/sqlite/threaded-database.ts'
import { type Loss, lossEntry, watchDatabase } from '../../../hosts/embedded/gone-database.ts'
import { acceptedEvent, event } from '../../support/delivery-records.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

async function watched() {
  const file = join(temporaryDirectory(), 'relay.db')
  const database = await openThreadedDatabase(file, () => undefined)
  onTestFinished(() => database.close())
  const clock = new ManualClock()
  const queue = new SqliteQueue(database, clock)
  const old = acceptedEvent({ event: event('long-before') })
  await queue.send([old])
  clock.advance(60_000)
  const gone = new Promise<Loss>((onGone) => {
    const depth = () => queue.depth()
    onTestFinished(watchDatabase({ database, depth, clock, onGone, intervalMs: 5 }))
  })
  const accept = async (name: string) => {
    const accepted = acceptedEvent({ event: event(name), acceptedAt: clock.now() })
    await queue.send([accepted])
    return accepted.id
  }
  return { file, database, queue, gone, accept, old }
}

it.each([
  ['deleted', (file: string) => rmSync(file)],
  ['moved', (file: string) => renameSync(file, `${file}.old`)],
])('accepts nothing after its database was %s, and says what is lost', async (_, act) => {
  const { file, database, queue, gone, accept } = await watched()
  const before = await accept('before')
  act(file)
  // Nobody can know yet.
  const after = await accept('after')
  const loss = await gone
  expect(loss).toMatchObject({ isKept: false, queuedEvents: 3, waitingDeliveries: 0 })
  expect(loss.acceptedLast.toSorted()).toEqual([before, after].toSorted())
  expect(loss.error).toMatchObject({ name: 'DatabaseError', problem: 'gone' })
  expect(loss.error.message).toContain(`${file}: the database was deleted, moved or replaced`)
  expect(database.trouble?.problem).toBe('gone')
  const [fields, text] = lossEntry(loss)
  expect(fields).toMatchObject({ queuedEvents: 3, acceptedLast: loss.acceptedLast })
  expect(text).toBe('relay.db: the database is gone, and the relay stops')
  await expect(queue.send([acceptedEvent({ event: event('late') })])).rejects.toThrow()
})

it('stores nothing from the moment at which it is noticed', async () => {
  const { file, database, queue, gone } = await watched()
  rmSync(file)
  const noticed = new Promise<void>((resolve) => {
    database.onTrouble(resolve)
  })
  await noticed
  const late = queue.send([acceptedEvent({ event: event('late') })])
  await expect(late).rejects.toMatchObject({ problem: 'gone' })
  await gone
})

it('saves what was in a log that was deleted', async () => {
  const { file, gone, accept, old } = await watched()
  const first = await accept('first')
  rmSync(`${file}-wal`)
  const second = await accept('second')
  const loss = await gone
  expect(loss.isKept).toBe(true)
  expect(lossEntry(loss)[1]).toContain('nothing is lost')
  const again = await openThreadedDatabase(file, () => undefined)
  onTestFinished(() => again.close())
  const queue = new SqliteQueue(again, new ManualClock())
  const events = await queue.leaseEvents(10)
  expect(events.map(({ id }) => id)).toEqual([old.id, first, second])
})
