import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../../adapters/sqlite/database.ts'
import { DatabaseError, type DatabaseErrorKind } from '../../../adapters/sqlite/database-error.ts'
import { APPLICATION_ID, SCHEMA_VERSION } from '../../../adapters/sqlite/schema.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import {
  APPLICATION_ID_OFFSET,
  closedDatabase,
  cutDatabase,
  damage,
  damagedDatabase,
  damagedInterruptedDatabase,
  directory,
  fileOf,
  foreignDatabase,
  interruptedDatabase,
  interruptedForeignDatabase,
  logWithoutDatabase,
  newerDatabase,
  newFile,
  openElsewhere,
  snapshot,
  USER_VERSION_OFFSET,
} from './support/database-files.ts'

const OPENER = fileURLToPath(new URL('./fixtures/open-database.ts', import.meta.url))

describe('openDatabase', () => {
  it('creates a marked file that only its user can read', () => {
    const file = newFile()
    openDatabase(file).close()
    expect(readdirSync(dirname(file))).toEqual(['relay.db'])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const header = readFileSync(file).subarray(0, 100)
    expect(header.readInt32BE(APPLICATION_ID_OFFSET)).toBe(APPLICATION_ID)
    expect(header.readInt32BE(USER_VERSION_OFFSET)).toBe(SCHEMA_VERSION)
  })

  it('takes an empty file for a new one', () => {
    const file = newFile()
    writeFileSync(file, '')
    openDatabase(file).close()
    expect(statSync(file).size).toBeGreaterThan(0)
  })

  it('keeps a log, syncs fully, and writes no index of the log to the disk', async () => {
    const file = newFile()
    const database = openDatabase(file)
    await database.write(() => insertState(file, 'key'))
    expect(database.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' })
    expect(database.get('PRAGMA synchronous')).toEqual({ synchronous: 2 })
    expect(readdirSync(dirname(file)).sort()).toEqual(['relay.db', 'relay.db-wal'])
    database.close()
    expect(readdirSync(dirname(file))).toEqual(['relay.db'])

    function insertState(value: string, key: string) {
      return database.run('INSERT INTO state VALUES (?, 1, ?, 0)', key, JSON.stringify(value))
    }
  })

  it('changes nothing in a file that it opens and closes', () => {
    const file = closedDatabase()
    const before = snapshot(file)
    openDatabase(file).close()
    expect(snapshot(file)).toEqual(before)
  })

  it('opens again in the same process once it is closed', () => {
    const file = closedDatabase()
    for (let round = 0; round < 3; round += 1) openDatabase(file).close()
  })
})

describe('openDatabase refuses, and leaves as it was,', () => {
  const cases: readonly (readonly [string, DatabaseErrorKind, () => string])[] = [
    ['a text file', 'not-a-database', () => fileOf('hello, this is some text\n'.repeat(100))],
    ['a file shorter than a header', 'not-a-database', () => fileOf('SQLite format 3\0')],
    ['a file of zeros', 'not-a-database', () => fileOf(Buffer.alloc(8_192))],
    ['a damaged page', 'corrupt', damagedDatabase],
    ['a cut file', 'corrupt', cutDatabase],
    ['a damaged page beside a log', 'corrupt', damagedInterruptedDatabase],
    ['a log without its database', 'incomplete', logWithoutDatabase],
    ["another program's database", 'foreign', () => foreignDatabase('CREATE TABLE notes (text)')],
    [
      "another program's database with an application id",
      'foreign',
      () => foreignDatabase('CREATE TABLE notes (text); PRAGMA application_id = 252006675'),
    ],
    ["another program's interrupted database", 'foreign', interruptedForeignDatabase],
    [
      'a database with our marks and other tables',
      'foreign',
      () =>
        foreignDatabase(`CREATE TABLE events (text);
          PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 1`),
    ],
    ['a database of a newer version', 'newer', newerDatabase],
    ['a directory', 'not-a-file', directory],
  ]

  it.each(cases)('%s', (_, problem, make) => {
    const file = make()
    const before = snapshot(file)
    expect(openingError(file)).toMatchObject({ name: 'DatabaseError', file, problem })
    expect(openingError(file).message).toMatch(/relay\.db.*: .+\. [A-Z].+\.$/)
    expect(snapshot(file)).toEqual(before)
  })

  it('a file in a directory that is not there', () => {
    const file = join(temporaryDirectory(), 'missing', 'relay.db')
    expect(openingError(file)).toMatchObject({ problem: 'no-access' })
    expect(openingError(file).message).toMatch(/missing does not exist\. Create it first\.$/)
    expect(readdirSync(dirname(dirname(file)))).toEqual([])
  })
})

describe('openDatabase of a file in use', () => {
  it('refuses it in the same process, by any path, without giving up the first lock', () => {
    const file = closedDatabase()
    const link = join(temporaryDirectory(), 'link.db')
    symlinkSync(file, link)
    const first = openDatabase(file)
    // Only stat: reading the bytes here would drop this process's locks on the file.
    const before = statSync(file, { bigint: true })
    for (const path of [file, link, join(dirname(file), '.', basename(file))]) {
      expect(openingError(path)).toMatchObject({ problem: 'busy' })
    }
    expect(statSync(file, { bigint: true })).toEqual(before)
    expect(openElsewhere(file)).toBe('busy')
    first.close()
  })

  it('refuses it when another process has it', async () => {
    const file = closedDatabase()
    await whileHeld(file, () => {
      const before = snapshot(file)
      expect(openingError(file)).toMatchObject({ problem: 'busy' })
      expect(snapshot(file)).toEqual(before)
    })
    // Killed without a word, it no longer is in the way.
    openDatabase(file).close()
  })

  it('takes what a running process has half written for in use, not for damaged', async () => {
    const file = interruptedDatabase()
    await whileHeld(file, () => {
      damage(file)
      const before = snapshot(file)
      expect(openingError(file)).toMatchObject({ problem: 'busy' })
      expect(snapshot(file)).toEqual(before)
    })
  })
})

describe('a copy that a killed check left', () => {
  it('is removed by the next start, and one that may be in use is not', () => {
    const file = interruptedDatabase()
    const copyOf = (name: string, ageMs: number) => {
      const copy = `${file}.check-${name}`
      mkdirSync(copy)
      writeFileSync(join(copy, 'copy'), 'events')
      const madeAt = new Date(Date.now() - ageMs)
      utimesSync(copy, madeAt, madeAt)
      return basename(copy)
    }
    copyOf('old', 120_000)
    const young = copyOf('young', 0)
    openDatabase(file).close()
    expect(readdirSync(dirname(file)).sort()).toEqual([basename(file), young].sort())
  })
})

function openingError(file: string): Error {
  try {
    openDatabase(file).close()
  } catch (error) {
    if (error instanceof DatabaseError) return error
    throw error
  }
  throw new Error(`${file} was opened`)
}

/** Runs `check` while another process has the file open, and kills that one. */
async function whileHeld(file: string, check: () => void): Promise<void> {
  const child = spawn(process.execPath, [OPENER, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'close')
  try {
    const [said] = await once(child.stdout, 'data')
    expect(String(said).trim()).toBe('open')
    check()
  } finally {
    child.kill('SIGKILL')
    await exited
  }
}
