import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { gzipSync } from 'node:zlib'
import { expect, it, onTestFinished, vi } from 'vitest'
import { DatabaseError } from '../../../adapters/sqlite/database-error.ts'
import { RESERVE_BYTES, ReserveFile } from '../../../adapters/sqlite/reserve.ts'
import { ReservedEngine } from '../../../adapters/sqlite/reserved-engine.ts'
import { migrate, RELAY_SCHEMA } from '../../../adapters/sqlite/schema.ts'
import { SqlEngine } from '../../../adapters/sqlite/sql-engine.ts'
import { change, outcomeChange } from '../../../adapters/sqlite/statement.ts'
import { newFile } from './support/database-files.ts'

const INSERT =
  'INSERT INTO state (key, version, value, expires_at) VALUES (?, 1, hex(zeroblob(?)), 1)'
const RESERVE_PAGES = 40

/** A disk that holds so many pages, of which the reserve is a part until it is released. */
function diskOf(pages: number) {
  const connection = new DatabaseSync(newFile())
  migrate(connection, RELAY_SCHEMA, 0)
  const disk = { pages, hasReserve: false, works: true }
  const limit = () => {
    const left = disk.pages - (disk.hasReserve ? RESERVE_PAGES : 0)
    connection.exec(`PRAGMA max_page_count = ${left}`)
  }
  const used = () => Number(connection.prepare('PRAGMA page_count').get()?.page_count)
  const reserve = {
    make() {
      if (disk.hasReserve) return
      if (used() + RESERVE_PAGES > disk.pages) throw new DatabaseError('f', 'full', 'no space')
      disk.hasReserve = true
      limit()
    },
    release() {
      disk.hasReserve = false
      limit()
    },
  }
  const told: (string | undefined)[] = []
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const engine = new ReservedEngine(new SqlEngine('f', connection), {
    reserve,
    onTrouble: (error) => told.push(error?.problem),
  })
  onTestFinished(() => engine.close())
  let keys = 0
  const write = (bytes: number, isOutcome = false) => {
    keys += 1
    const make = isOutcome ? outcomeChange : change
    const [answer] = engine.commit([[make(INSERT, `key-${keys}`, bytes)]])
    return answer?.kind === 'failed' && answer.error instanceof DatabaseError
      ? answer.error.problem
      : answer?.kind
  }
  return {
    disk,
    told,
    engine,
    write,
    resize(to: number) {
      disk.pages = to
      limit()
    },
    /** A page and a half each, until the disk is full. */
    fill() {
      for (let count = 0; count < 10_000; count += 1) if (write(3_000) !== 'ok') return
      throw new Error('the disk does not fill up')
    },
  }
}

it('keeps room for outcomes, and stores nothing else, once the disk is full', () => {
  const { fill, write, told, disk } = diskOf(200)
  expect(disk.hasReserve).toBe(true)
  fill()
  expect(told).toEqual(['full'])
  for (let count = 0; count < 15; count += 1) {
    expect(write(3_000, true)).toBe('ok')
    expect(write(1)).toBe('full')
  }
  expect(told).toEqual(['full'])
})

it('answers each unit of a group for itself', () => {
  const { engine, fill } = diskOf(200)
  fill()
  const unit = (key: string, isOutcome: boolean) => [
    (isOutcome ? outcomeChange : change)(INSERT, key, 10),
  ]
  const answers = engine.commit([
    unit('a', false),
    unit('b', true),
    unit('c', false),
    unit('d', true),
  ])
  expect(answers.map(({ kind }) => kind)).toEqual(['failed', 'ok', 'failed', 'ok'])
  const kept = engine.query(change("SELECT key FROM state WHERE key IN ('a', 'b', 'c', 'd')"))
  expect(kept).toMatchObject({ kind: 'ok', value: [{ key: 'b' }, { key: 'd' }] })
})

it('takes all again once there is room for the reserve and for a test write', () => {
  const { fill, write, told, resize } = diskOf(200)
  fill()
  // Outcomes take from the reserve, so that it cannot be made again at once.
  for (let count = 0; count < 20; count += 1) write(3_000, true)
  vi.advanceTimersByTime(10_000)
  expect(told).toEqual(['full'])
  expect(write(1)).toBe('full')
  // Room for the reserve, but not for anything beside it.
  resize(200 + 20)
  vi.advanceTimersByTime(10_000)
  expect(write(1)).toBe('full')
  resize(500)
  vi.advanceTimersByTime(1_000)
  expect(told).toEqual(['full', undefined])
  expect(write(1)).toBe('ok')
})

it('is in trouble from the start on a disk that was full before', () => {
  const { told, write } = diskOf(RESERVE_PAGES)
  expect(told).toEqual(['full'])
  expect(write(1)).toBe('full')
  expect(write(1, true)).toBe('ok')
})

it('lets a unit fail alone whose fault it is', () => {
  const { engine, told } = diskOf(200)
  const answers = engine.commit([
    [change('INSERT INTO nowhere VALUES (1)')],
    [change(INSERT, 'a', 1)],
  ])
  expect(answers.map(({ kind }) => kind)).toEqual(['failed', 'ok'])
  expect(told).toEqual([])
})

it('keeps 2 MB in a file that no disk can make smaller, and gives them back', () => {
  const database = newFile()
  const reserve = new ReserveFile(database)
  const file = `${database}-reserve`
  reserve.make()
  expect(statSync(file).size).toBe(RESERVE_BYTES)
  expect(RESERVE_BYTES).toBeGreaterThanOrEqual(2_000_000)
  expect(statSync(file).mode & 0o077).toBe(0)
  expect(gzipSync(readFileSync(file)).length).toBeGreaterThan(RESERVE_BYTES)
  const { mtimeMs } = statSync(file)
  reserve.make()
  expect(statSync(file).mtimeMs).toBe(mtimeMs)
  reserve.release()
  expect(statSync(file).size).toBe(0)
  // One that a crash left half made is made whole.
  writeFileSync(file, 'x')
  new ReserveFile(database).make()
  expect(statSync(file).size).toBe(RESERVE_BYTES)
  truncateSync(file, 0)
  new ReserveFile(newFile()).release()
})
