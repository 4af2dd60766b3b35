import type { DatabaseSync } from 'node:sqlite'
import { COPY_SUFFIX, connect } from './connect.ts'
import { DatabaseError, databaseErrorOf } from './database-error.ts'
import { canonicalPath, fileIdentity } from './database-file.ts'
import { type LockNew, refusesLocks } from './lock-trial.ts'
import { whileAlone } from './opening-lock.ts'
import type { Schema } from './schema.ts'

/** A file that this process owns until it closes the connection and calls `letGo`. */
export interface OpenFile {
  /** The absolute path, for messages. */
  readonly path: string
  readonly connection: DatabaseSync
  /** Call it once the connection is closed. */
  letGo(): void
}

/** The files that this process has open, by `fileIdentity`. */
const openFiles = new Set<string>()

/**
 * Opens the database, and creates it when the file is absent or empty. The directory must exist.
 * Only one at a time can have a file open, in whatever process. Meanwhile this process must not read
 * the file by other means: closing it would drop the lock.
 *
 * Throws `DatabaseError`, with the file as it was, when it is in use, not a sound database of
 * this schema, of a newer version, not accessible, or on a file system without locks. `lock` is how that is found out.
 */
export function openFile(file: string, schema: Schema, lock?: LockNew): OpenFile {
  const path = canonicalPath(file)
  const known = fileIdentity(path)
  if (known !== undefined && openFiles.has(known)) {
    throw new DatabaseError(path, 'busy', 'this process has it open already. Open it only once.')
  }
  let connection: DatabaseSync
  try {
    // Another thread that looked at the file at this moment would drop the lock that is taken here.
    connection = whileAlone(() => connect(path, schema))
  } catch (error) {
    throw reasonOf(path, error, lock)
  }
  const identity = fileIdentity(path) ?? path
  openFiles.add(identity)
  return { path, connection, letGo: () => openFiles.delete(identity) }
}

/** Why the database could not be opened. A file system that refuses all locks seems to be a file in use, or a disk that fails. */
function reasonOf(path: string, error: unknown, lock: LockNew | undefined): unknown {
  const known = databaseErrorOf(path, error)
  const isOfLocks = known?.problem === 'busy' || known?.problem === 'io'
  if (!isOfLocks || !refusesLocks(`${path}${COPY_SUFFIX}`, lock)) return known ?? error
  const text =
    'its file system refuses the lock that keeps a second process away. ' +
    'Choose a data directory on a local disk, or mount this one with locks.'
  return new DatabaseError(path, 'no-locks', text, error)
}
