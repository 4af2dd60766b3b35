import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { openDatabase } from '../../../../adapters/sqlite/database.ts'
import { SCHEMA_VERSION } from '../../../../adapters/sqlite/schema.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'

const INTERRUPTER = fileURLToPath(new URL('../fixtures/interrupt-database.ts', import.meta.url))
const OPENER = fileURLToPath(new URL('../fixtures/open-database.ts', import.meta.url))
const PAGE_BYTES = 4_096

/** Where the header holds the schema's version, and the mark of the program. */
export const USER_VERSION_OFFSET = 60
export const APPLICATION_ID_OFFSET = 68

/** A path in a directory of its own, without a file. */
export function newFile(): string {
  return join(temporaryDirectory(), 'relay.db')
}

export function fileOf(content: string | Buffer): string {
  const file = newFile()
  writeFileSync(file, content)
  return file
}

export function directory(): string {
  const file = newFile()
  mkdirSync(file)
  return file
}

export function closedDatabase(): string {
  const file = newFile()
  openDatabase(file).close()
  return file
}

export function damagedDatabase(): string {
  const file = closedDatabase()
  damage(file)
  return file
}

/** Overwrites everything but the first page. */
export function damage(file: string): void {
  const content = readFileSync(file)
  writeFileSync(file, content.fill(0x5a, PAGE_BYTES))
}

export function cutDatabase(): string {
  const file = closedDatabase()
  truncateSync(file, 5 * PAGE_BYTES)
  return file
}

/** A database whose last user was killed while a part of the content was only in the log. */
export function interruptedDatabase(): string {
  const file = newFile()
  spawnSync(process.execPath, [INTERRUPTER, file])
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0)
  return file
}

export function damagedInterruptedDatabase(): string {
  const file = interruptedDatabase()
  damage(file)
  return file
}

export function logWithoutDatabase(): string {
  const file = interruptedDatabase()
  rmSync(file)
  return file
}

export function foreignDatabase(sql: string): string {
  const file = newFile()
  const connection = new DatabaseSync(file)
  connection.exec(sql)
  connection.close()
  return file
}

export function interruptedForeignDatabase(): string {
  const file = newFile()
  const script = `const { DatabaseSync } = require('node:sqlite')
    const connection = new DatabaseSync(process.argv[1])
    connection.exec('PRAGMA journal_mode = WAL; CREATE TABLE notes (text)')
    process.kill(process.pid, 'SIGKILL')`
  spawnSync(process.execPath, ['-e', script, file])
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0)
  return file
}

export function newerDatabase(): string {
  const file = closedDatabase()
  const content = readFileSync(file)
  content.writeInt32BE(SCHEMA_VERSION + 1, USER_VERSION_OFFSET)
  writeFileSync(file, content)
  return file
}

/** Every file beside the database: its bytes, times and rights. */
export function snapshot(file: string) {
  const folder = dirname(file)
  return readdirSync(folder).map((name) => {
    const { mtimeNs, ctimeNs, mode } = statSync(join(folder, name), { bigint: true })
    const isFile = statSync(join(folder, name)).isFile()
    const content = isFile ? readFileSync(join(folder, name)).toString('base64') : undefined
    return { name, mtimeNs, ctimeNs, mode, content }
  })
}

/** Opens in another process, as that user, and returns what the process says. */
export function openElsewhere(file: string, user?: number): string {
  const { stdout } = spawnSync(process.execPath, [OPENER, file], {
    encoding: 'utf8',
    timeout: 30_000,
    ...(user === undefined ? {} : { uid: user }),
  })
  return stdout.trim()
}
