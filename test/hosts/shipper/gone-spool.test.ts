import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { DatabaseError } from '../../../adapters/sqlite/database-error.ts'
import { unusedPort } from '../../support/recording-sink.ts'
import { numberedEvent } from '../../support/shipped-events.ts'
import { startShipper } from '../../support/shipper-process.ts'
import { bodies, fill, testSpool } from '../../support/spool.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

it.each([
  ['deleted', (file: string) => rmSync(file)],
  ['moved', (file: string) => renameSync(file, `${file}.old`)],
  [
    'replaced by a copy',
    (file: string) => {
      copyFileSync(file, `${file}.copy`)
      renameSync(`${file}.copy`, file)
    },
  ],
  [
    'replaced by another file',
    (file: string) => {
      rmSync(file)
      writeFileSync(file, '')
    },
  ],
])('keeps nothing after its file was %s, and says how much waited', async (_, act) => {
  const { spool, directory, gone } = testSpool()
  await fill(spool, bodies(3))
  act(join(directory, 'spool.db'))
  const { error, isKept, events } = await gone
  expect({ isKept, events }).toEqual({ isKept: false, events: 3 })
  expect(error).toMatchObject({ name: 'DatabaseError', problem: 'gone' })
  expect(error.message).toContain('the spool was deleted, moved or replaced')
  await expect(spool.add('{}')).rejects.toBe(error)
  await expect(spool.settle(spool.peek(1, 1_000), [])).rejects.toBe(error)
  expect(await spool.problem()).toContain('the spool was deleted, moved or replaced')
})

it('keeps nothing whose write was under way when it was noticed', async () => {
  const { spool, directory, gone } = testSpool()
  await fill(spool, bodies(1))
  rmSync(join(directory, 'spool.db'))
  const results: ('spooled' | 'refused')[] = []
  let isNoticed = false
  void gone.then(() => {
    isNoticed = true
  })
  while (results.at(-1) !== 'refused') {
    const wasNoticed = isNoticed
    const result = await spool.add('{}').then(
      () => 'spooled' as const,
      () => 'refused' as const,
    )
    results.push(result)
    expect(wasNoticed && result === 'spooled').toBe(false)
  }
})

it('says that it is gone, and how much waited, when its disk answers no more', async () => {
  const { spool, directory, gone } = testSpool()
  await fill(spool, bodies(3))
  const fail = () => {
    throw new DatabaseError('spool.db', 'io', 'reading or writing failed')
  }
  vi.spyOn(spool.tables, 'get').mockImplementation(fail)
  vi.spyOn(spool.tables, 'all').mockImplementation(fail)
  rmSync(join(directory, 'spool.db'))
  expect(await gone).toMatchObject({ isKept: false, events: 3 })
})

it('loses nothing when its log alone is gone, which is written into the file at the end', async () => {
  const { spool, directory, gone, close } = testSpool()
  await fill(spool, bodies(4))
  rmSync(join(directory, 'spool.db-wal'))
  expect(await gone).toMatchObject({ isKept: true, events: 4 })
  await expect(spool.add('{}')).rejects.toMatchObject({ problem: 'gone' })
  close()
  expect(testSpool({ directory }).spool.depth().events).toBe(4)
})

it('ends the shipper with an error within a second or so', async () => {
  const data = temporaryDirectory()
  const shipper = await startShipper({ relay: `http://127.0.0.1:${await unusedPort()}`, data })
  expect((await shipper.post(numberedEvent(1))).status).toBe(202)
  rmSync(join(data, 'spool.db'))
  const [said] = await shipper.logged({
    msg: 'the spool is gone; the events that waited in it are lost, and the shipper stops',
  })
  expect(said).toMatchObject({ level: 'error', events: 1 })
  expect(await shipper.ended).toMatchObject({ code: 1 })
})
