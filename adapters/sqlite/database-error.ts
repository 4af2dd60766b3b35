/**
 * What stands in the way. `busy`: another process, or this one, has the file open. `no-locks`: its file system gives no
 * locks, so nobody can own it.
 */
export type DatabaseErrorKind =
  | 'busy'
  | 'no-locks'
  | 'not-a-database'
  | 'corrupt'
  | 'foreign'
  | 'newer'
  | 'incomplete'
  | 'no-access'
  | 'not-a-file'
  | 'full'
  | 'io'
  | 'gone'
  | 'closed'

/** The database file cannot be used. The message names the file, what is wrong, and what to do. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly file: string
  readonly problem: DatabaseErrorKind

  constructor(file: string, problem: DatabaseErrorKind, text: string, cause?: unknown) {
    super(`${file}: ${text}`, { cause })
    this.file = file
    this.problem = problem
  }
}

/** Whether something was asked of a database that was closed, as the end of the relay does. What it was for goes on at the next start. */
export function isClosed(error: unknown): boolean {
  return error instanceof DatabaseError && error.problem === 'closed'
}

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that are the file's fault. */
const PROBLEMS: Readonly<Record<number, readonly [DatabaseErrorKind, string]>> = {
  3: ['no-access', 'access is denied. Give this user the right to read and write it.'],
  5: [
    'busy',
    'another process is using it. Stop that one first, or choose another data directory.',
  ],
  6: [
    'busy',
    'another process is using it. Stop that one first, or choose another data directory.',
  ],
  8: ['no-access', 'it cannot be written. Give this user the right to write it and its directory.'],
  10: ['io', 'reading or writing failed. Check the disk and the system log, then start again.'],
  11: [
    'corrupt',
    'the database is damaged. Restore it from a backup, or move it away to start anew.',
  ],
  13: ['full', 'there is no space left. Free some space on this disk.'],
  14: ['no-access', 'it cannot be opened. Check the rights to the file and its directory.'],
  26: ['not-a-database', 'this is not a database. Move it away, or choose another data directory.'],
}

const PRIMARY_CODE = 0xff

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error && 'errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & PRIMARY_CODE : undefined
}

/** Puts a failure of the file itself into words; undefined for any other error. */
export function databaseErrorOf(file: string, error: unknown): DatabaseError | undefined {
  if (error instanceof DatabaseError) return error
  const [problem, text] = PROBLEMS[resultCode(error) ?? -1] ?? []
  if (problem === undefined || text === undefined) return undefined
  return new DatabaseError(file, problem, text, error)
}
