import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseError } from './database-error.ts'
import type { Schema } from './schema.ts'

/**
 * `new`: absent or empty. `closed`: everything is in the one file. `interrupted`: its last user did
 * not close it, and a log beside it holds a part of the content.
 */
export type FileState = 'new' | 'closed' | 'interrupted'

/** The first bytes of every database (https://sqlite.org/fileformat.html#the_database_header). */
const HEADER_BYTES = 100
const MAGIC = 'SQLite format 3\0'
const USER_VERSION_OFFSET = 60
const APPLICATION_ID_OFFSET = 68

/** Files that SQLite keeps beside a database while it is open. */
export const COMPANIONS = ['-wal', '-journal'] as const

/** The path by which every spelling of a file and every link to it is known. */
export function canonicalPath(file: string): string {
  const path = resolve(file)
  return statIfPresent(path) ? realpathSync(path) : path
}

/** The identity of the file, whatever its path; undefined when there is none. */
export function fileIdentity(path: string): string | undefined {
  const stats = statIfPresent(path)
  return stats && `${stats.dev}:${stats.ino}`
}

/**
 * Decides by plain reads alone whether a file may be opened as ours, so that one that is not ours
 * is never touched. Throws `DatabaseError`.
 *
 * Never call it on a file that this process has open: closing a descriptor drops all POSIX locks
 * that the process holds on the file (https://sqlite.org/howtocorrupt.html, section 2.2).
 */
export function inspectFile(path: string, schema: Schema): FileState {
  const stats = statIfPresent(path)
  if (stats && !stats.isFile()) {
    throw new DatabaseError(path, 'not-a-file', 'this is not a regular file. Name a file instead.')
  }
  assertAccess(path, stats !== undefined)
  if (!stats || stats.size === 0) {
    refuseLogWithoutDatabase(path)
    return 'new'
  }
  checkHeader(path, schema, readHeader(path))
  return COMPANIONS.some((suffix) => hasContent(path + suffix)) ? 'interrupted' : 'closed'
}

function statIfPresent(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    const text = `it cannot be accessed (${codeOf(cause)}). Check the rights to its directory.`
    throw new DatabaseError(path, 'no-access', text, cause)
  }
}

function hasContent(path: string): boolean {
  return (statIfPresent(path)?.size ?? 0) > 0
}

function assertAccess(path: string, exists: boolean): void {
  const directory = dirname(path)
  try {
    accessSync(directory, constants.W_OK | constants.X_OK)
  } catch (cause) {
    const text =
      codeOf(cause) === 'ENOENT'
        ? `the directory ${directory} does not exist. Create it first.`
        : `the directory ${directory} cannot be written (${codeOf(cause)}). ` +
          'Give this user the right to create files in it.'
    throw new DatabaseError(path, 'no-access', text, cause)
  }
  if (!exists) return
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
  } catch (cause) {
    const text = `it cannot be read and written (${codeOf(cause)}). Give this user both rights.`
    throw new DatabaseError(path, 'no-access', text, cause)
  }
}

/** SQLite would delete the log of a database that is gone, and events with it. */
function refuseLogWithoutDatabase(path: string): void {
  if (!hasContent(`${path}-wal`)) return
  const text =
    `the database is gone, but a part of its content is in ${path}-wal. ` +
    'Put the database back beside it, or move the log away to start anew.'
  throw new DatabaseError(path, 'incomplete', text)
}

function readHeader(path: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  const descriptor = openSync(path, 'r')
  try {
    return header.subarray(0, readSync(descriptor, header, 0, HEADER_BYTES, 0))
  } finally {
    closeSync(descriptor)
  }
}

function checkHeader(path: string, schema: Schema, header: Buffer): void {
  if (header.length < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    const text = 'this is not a database. Move it away, or choose another data directory.'
    throw new DatabaseError(path, 'not-a-database', text)
  }
  checkOwner(
    path,
    schema,
    header.readInt32BE(APPLICATION_ID_OFFSET),
    header.readInt32BE(USER_VERSION_OFFSET),
  )
}

/** Throws `DatabaseError` unless the marks are those of a database that this program can read. */
export function checkOwner(
  path: string,
  schema: Schema,
  applicationId: number,
  version: number,
): void {
  const latest = schema.migrations.length
  if (applicationId !== schema.applicationId || version < 1) throw foreign(path)
  if (version <= latest) return
  const text =
    `it was made by a newer flux-relay (format ${version}; this one reads up to ` +
    `${latest}). Use that version, or choose another data directory.`
  throw new DatabaseError(path, 'newer', text)
}

/** The error for a database that is another program's. */
export function foreign(path: string): DatabaseError {
  const text = 'this database belongs to another program. Choose another data directory.'
  return new DatabaseError(path, 'foreign', text)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
