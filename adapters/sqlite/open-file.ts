import type { DatabaseSync } from 'node:sqlite'
import { connect } from './connect.ts'
import { DatabaseError, databaseErrorOf } from './database-error.ts'
import { canonicalPath, fileIdentity } from './database-file.ts'
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
 * this schema, of a newer version, or not accessible.
 */
export function openFile(file: string, schema: Schema): OpenFile {
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
    throw databaseErrorOf(path, error) ?? error
  }
  const identity = fileIdentity(path) ?? path
  openFiles.add(identity)
  return { path, connection, letGo: () => openFiles.delete(identity) }
}
