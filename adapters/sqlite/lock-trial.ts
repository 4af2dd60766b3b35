import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Takes the lock of a new database. Throws SQLite's own error when it does not get it. */
export type LockNew = (file: string) => void

/** The primary result codes of a lock that is refused: `SQLITE_BUSY`, `SQLITE_LOCKED` and `SQLITE_IOERR`. */
const REFUSALS: ReadonlySet<number> = new Set([5, 6, 10])

function lockNew(file: string): void {
  const connection = new DatabaseSync(file, { timeout: 0 })
  try {
    connection.exec('BEGIN EXCLUSIVE')
  } finally {
    connection.close()
  }
}

/**
 * Whether the file system beside a database gives no locks at all, as a network file system may. SQLite then says that the
 * database is in use. So a file is locked that nobody else knows, in a new folder whose name begins with `prefix`.
 */
export function refusesLocks(prefix: string, lock: LockNew = lockNew): boolean {
  let directory: string
  try {
    directory = mkdtempSync(prefix)
  } catch {
    return false
  }
  try {
    lock(join(directory, 'lock'))
    return false
  } catch (error) {
    const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0
    return REFUSALS.has(code & 0xff)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
