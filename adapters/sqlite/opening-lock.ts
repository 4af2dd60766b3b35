import { DatabaseSync } from 'node:sqlite'

/**
 * A database in memory that all threads of this process share, and no other process
 * (https://sqlite.org/src/file/src/memdb.c: a name that begins with a slash is shared). Nothing is
 * ever written to it: its lock is what is wanted of it.
 */
const LOCK = new URL('file:/flux-relay-opening?vfs=memdb')

/**
 * The longest wait. The check of the largest file that is checked as a whole takes less, even on a
 * slow disk.
 */
const MAX_WAIT_MS = 30_000

/**
 * Runs the action while no other thread of this process runs one, and blocks this thread until then.
 * The locks that the file system knows are of no use here, since they belong to the whole process.
 * Throws SQLite's own error, `SQLITE_BUSY`, when another thread's action takes half a minute.
 */
export function whileAlone<T>(action: () => T): T {
  const lock = new DatabaseSync(LOCK, { timeout: MAX_WAIT_MS })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return action()
  } finally {
    lock.close()
  }
}
