import { appendFileSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type GoneFile, watchPresence } from '../../../adapters/sqlite/presence.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const INTERVAL_MS = 10

/** A database and its log, as files that are watched. */
function watched() {
  const folder = join(temporaryDirectory(), 'data')
  mkdirSync(folder)
  const path = join(folder, 'relay.db')
  for (const suffix of ['', '-wal']) writeFileSync(path + suffix, 'content')
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const gone: GoneFile[] = []
  const end = watchPresence(path, { intervalMs: INTERVAL_MS, onGone: (file) => gone.push(file) })
  return { path, gone, end, look: () => vi.advanceTimersByTime(INTERVAL_MS) }
}

const REPLACE = (path: string) => {
  writeFileSync(`${path}.new`, 'content')
  renameSync(`${path}.new`, path)
}

it.each<[string, GoneFile, (path: string) => void]>([
  ['the database is deleted', 'database', (path) => rmSync(path)],
  ['the database is replaced by a copy', 'database', REPLACE],
  ['the database is moved', 'database', (path) => renameSync(path, `${path}.old`)],
  ['the folder is deleted', 'database', (path) => rmSync(dirname(path), { recursive: true })],
  ['the folder is moved', 'database', (path) => renameSync(dirname(path), `${dirname(path)}.old`)],
  [
    'the folder becomes a file',
    'database',
    (path) => {
      rmSync(dirname(path), { recursive: true })
      writeFileSync(dirname(path), '')
    },
  ],
  ['the log is deleted', 'log', (path) => rmSync(`${path}-wal`)],
  ['the log is replaced', 'log', (path) => REPLACE(`${path}-wal`)],
])('sees at the next look, and says once, that %s', (_, file, act) => {
  const { path, gone, look } = watched()
  look()
  expect(gone).toEqual([])
  act(path)
  look()
  expect(gone).toEqual([file])
  look()
  expect(gone).toEqual([file])
})

it('takes no change of content or time for another file, and a log for one that comes later', () => {
  const { path, gone, look, end } = watched()
  appendFileSync(path, 'more')
  utimesSync(path, 0, 0)
  look()
  expect(gone).toEqual([])
  end()
  rmSync(path)
  look()
  expect(gone).toEqual([])
})

it('waits for a log that is not there yet, and keeps it from then on', () => {
  const folder = temporaryDirectory()
  const path = join(folder, 'relay.db')
  writeFileSync(path, '')
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const gone: GoneFile[] = []
  watchPresence(path, { intervalMs: INTERVAL_MS, onGone: (file) => gone.push(file) })
  vi.advanceTimersByTime(INTERVAL_MS)
  writeFileSync(`${path}-wal`, '')
  vi.advanceTimersByTime(INTERVAL_MS)
  expect(gone).toEqual([])
  rmSync(`${path}-wal`)
  vi.advanceTimersByTime(INTERVAL_MS)
  expect(gone).toEqual(['log'])
})

it('notices within a second, as it is set', () => {
  const path = join(temporaryDirectory(), 'relay.db')
  writeFileSync(path, '')
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const onGone = vi.fn()
  watchPresence(path, { onGone })
  rmSync(path)
  vi.advanceTimersByTime(1_000)
  expect(onGone).toHaveBeenCalledOnce()
})
