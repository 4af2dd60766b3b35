import { fileIdentity } from './database-file.ts'

/** What is gone, or another file than it was. `log`: what was written last is in it alone. */
export type GoneFile = 'database' | 'log'

export interface PresenceOptions {
  /** Called once, and the watch ends. */
  readonly onGone: (file: GoneFile) => void
  /** Milliseconds between two looks. */
  readonly intervalMs?: number
}

/** How often to look. A gone file must be noticed within a second, even on a busy machine. */
const INTERVAL_MS = 300

/**
 * Watches whether an open database and its log are still the files at their paths: whoever deletes,
 * moves or replaces one leaves SQLite with a file that nobody finds again, and SQLite does not say so.
 * Call it as soon as the database is open. Returns what ends the watch.
 *
 * It only asks for the files' numbers, because opening and closing the database would drop its lock.
 * It asks on the calling thread, which takes microseconds: the threads of libuv may all be waiting.
 */
export function watchPresence(
  path: string,
  { onGone, intervalMs = INTERVAL_MS }: PresenceOptions,
): () => void {
  const database = lookAt(path)
  let log = lookAt(`${path}-wal`)
  const findGone = (): GoneFile | undefined => {
    if (isGone(database, lookAt(path))) return 'database'
    const found = lookAt(`${path}-wal`)
    if (isGone(log, found)) return 'log'
    // SQLite makes it with the first write, and keeps it until the database is closed.
    if (found !== 'nobody-knows') log = found
    return undefined
  }
  const timer = setInterval(() => {
    const gone = findGone()
    if (gone === undefined) return
    clearInterval(timer)
    onGone(gone)
  }, intervalMs)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * The number of a file. `nobody-knows` means that it could not be read, which says nothing about
 * the file.
 */
type Look = string | 'absent' | 'nobody-knows'

function lookAt(path: string): Look {
  try {
    return fileIdentity(path) ?? 'absent'
  } catch {
    return 'nobody-knows'
  }
}

function isGone(before: Look, now: Look): boolean {
  if (before === 'absent' || before === 'nobody-knows') return false
  return now !== before && now !== 'nobody-knows'
}
