import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DatabaseError } from './database-error.ts'
import { COMPANIONS, checkOwner, foreign, inspectFile } from './database-file.ts'
import { hasSchema, migrate, type Schema } from './schema.ts'

/**
 * The largest file that is checked as a whole. The check takes 0.7 ms for each MiB, and more on a
 * slow disk.
 */
const MAX_CHECKED_BYTES = 64 * 1024 * 1024

/** The size to which the log shrinks after a burst, in bytes. */
const MAX_IDLE_LOG_BYTES = 16 * 1024 * 1024

/**
 * Opens or creates the database and owns it until closed. Throws `DatabaseError` or SQLite's own
 * error, and then has not touched a file that is not a sound database of this program.
 */
export function connect(path: string, schema: Schema): DatabaseSync {
  refuseBusy(path)
  const state = inspectFile(path, schema)
  if (state === 'new') createEmpty(path)
  if (state === 'interrupted') verifyCopy(path, schema)
  const connection = new DatabaseSync(path, { timeout: 0 })
  try {
    own(connection, path, schema, state === 'closed')
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

/** Creates the file. SQLite would create one that other users can read, with the events in it. */
function createEmpty(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
}

/**
 * Takes the lock, which lasts as long as the connection, before it believes anything it reads.
 * Locking exclusively from the first access also keeps the log's index in memory, without a file.
 */
function own(connection: DatabaseSync, path: string, schema: Schema, checkContent: boolean): void {
  connection.exec('PRAGMA locking_mode = EXCLUSIVE')
  connection.exec('BEGIN IMMEDIATE')
  const isEmpty = statSync(path).size === 0
  if (!isEmpty) verify(connection, path, schema, checkContent)
  // A new file becomes ours in one transaction and before there is a log, so that the marks are in
  // its header from the first moment that it has one.
  migrate(connection, schema, isEmpty ? 0 : pragma(connection, 'user_version'))
  connection.exec('COMMIT')
  connection.exec('PRAGMA journal_mode = WAL')
  connection.exec('PRAGMA synchronous = FULL')
  connection.exec(`PRAGMA journal_size_limit = ${MAX_IDLE_LOG_BYTES}`)
}

function verify(
  connection: DatabaseSync,
  path: string,
  schema: Schema,
  checkContent: boolean,
): void {
  const version = pragma(connection, 'user_version')
  checkOwner(path, schema, pragma(connection, 'application_id'), version)
  if (!hasSchema(connection, schema, version)) throw foreign(path)
  if (!checkContent || statSync(path).size > MAX_CHECKED_BYTES) return
  const answer = connection.prepare('PRAGMA quick_check(1)').get()?.quick_check
  if (answer === 'ok') return
  const text = 'the database is damaged. Restore it from a backup, or move it away to start anew.'
  throw new DatabaseError(path, 'corrupt', text, answer)
}

function pragma(connection: DatabaseSync, name: string): number {
  return Number(connection.prepare(`PRAGMA ${name}`).get()?.[name])
}

/**
 * Closing a connection moves the log into the file, so a file with a log is verified as a copy:
 * should it be damaged, it stays as it was found. Where the disk has no room for a copy it is not: the
 * disk is full, and what would empty it must be able to begin.
 */
function verifyCopy(path: string, schema: Schema): void {
  if (statSync(path).size > MAX_CHECKED_BYTES) return
  removeForgottenCopies(path)
  const directory = mkdtempSync(`${path}${COPY_SUFFIX}`)
  try {
    const copy = join(directory, 'copy')
    if (!copyAll(path, copy)) return
    const connection = new DatabaseSync(copy)
    try {
      if (pragma(connection, 'page_count') > 0) verify(connection, path, schema, true)
    } finally {
      connection.close()
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * The suffix of a copy, and of what else is made for a look at the file system. It is beside the database, in a folder that is as private, where the next
 * start finds it.
 */
export const COPY_SUFFIX = '.check-'

/**
 * How old a copy must be to be deleted. That is longer than any check takes; a younger copy may
 * belong to another process.
 */
const FORGOTTEN_AFTER_MS = 60_000

/** Deletes the copies of processes that were killed during their checks. */
function removeForgottenCopies(path: string): void {
  const prefix = `${basename(path)}${COPY_SUFFIX}`
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(prefix)) continue
    const copy = join(dirname(path), name)
    const madeAt = statSync(copy, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
    if (Date.now() - madeAt > FORGOTTEN_AFTER_MS) rmSync(copy, { recursive: true, force: true })
  }
}

/** Copies the database and its log. False when the disk is full. */
function copyAll(path: string, copy: string): boolean {
  try {
    for (const suffix of ['', ...COMPANIONS]) copyIfPresent(path + suffix, copy + suffix)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}

function copyIfPresent(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })) copyFileSync(from, to)
}

const SQLITE_BUSY = 5

/**
 * Before anything else reads the file: if another thread of this process has it open, closing what
 * was opened by other means than SQLite would drop that thread's lock
 * (https://sqlite.org/howtocorrupt.html, section 2.2).
 *
 * A read-only connection that wants to own the file gets as far as another owner's lock, and fails
 * at its own right after, before it has touched anything. Only the first kind of failure counts; all
 * others are found, and told better, by whoever looks at the file next.
 */
function refuseBusy(path: string): void {
  let probe: DatabaseSync | undefined
  try {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (!stats?.isFile() || stats.size === 0) return
    probe = new DatabaseSync(path, { readOnly: true, timeout: 0 })
    probe.exec('PRAGMA locking_mode = EXCLUSIVE')
    pragma(probe, 'user_version')
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) throw error
  } finally {
    probe?.close()
  }
}
