import { basename } from 'node:path'
import { DatabaseError } from '../../adapters/sqlite/database-error.ts'
import { type GoneFile, watchPresence } from '../../adapters/sqlite/presence.ts'
import type { QueueDepth } from '../../adapters/sqlite/queue-depth.ts'
import type { RelayDatabase } from '../../adapters/sqlite/relay-database.ts'
import type { Clock } from '../../relay/ports/clock.ts'

/** What is lost with a database that is gone; nothing when all of it could be kept. */
export interface Loss {
  /** The error, which says what happened, what it means, and what to do. */
  readonly error: DatabaseError
  readonly isKept: boolean
  /** Events that were accepted and not dispatched. */
  readonly queuedEvents: number
  /** Deliveries that waited for their next try. */
  readonly waitingDeliveries: number
  /** Ids of the last events that were answered with 202 before it was noticed, some hundred at most. */
  readonly acceptedLast: readonly string[]
}

export interface GoneDatabaseOptions {
  readonly database: RelayDatabase
  readonly depth: () => Promise<QueueDepth>
  readonly clock: Clock
  /** Called once, when nothing more can be done. The process has to end. */
  readonly onGone: (loss: Loss) => void
  readonly intervalMs?: number
}

const TEXTS: Readonly<Record<GoneFile, string>> = {
  database:
    'the database was deleted, moved or replaced while the relay used it. If it was moved, put it and its ' +
    'log back; else what it held is lost, unless there is a backup.',
  log: 'the log of the database was deleted, moved or replaced while the relay used it.',
}

/** What was accepted within this time was perhaps accepted after the file was gone. Milliseconds. */
const UNNOTICED_MS = 1_000
const MOST_NAMED = 200

/** How long it may take to find out what is lost, and to save what can be. Milliseconds. */
const FAREWELL_MS = 3_000

const LATEST = 'SELECT id, accepted_at AS at FROM events ORDER BY seq DESC LIMIT ?'

/**
 * Watches the database's files. When one is gone nothing more is stored, and so nothing accepted or
 * sent; the file itself, which nobody else can find any more, still tells what is lost. Returns what
 * ends the watch.
 */
export function watchDatabase(options: GoneDatabaseOptions): () => void {
  const { database, intervalMs } = options
  return watchPresence(database.file, {
    ...(intervalMs !== undefined && { intervalMs }),
    onGone(file) {
      const error = new DatabaseError(database.file, 'gone', TEXTS[file])
      database.refuse(error)
      void tellLoss(options, file, error).then(options.onGone)
    },
  })
}

async function tellLoss(
  { database, depth, clock }: GoneDatabaseOptions,
  file: GoneFile,
  error: DatabaseError,
): Promise<Loss> {
  const now = clock.now()
  const readLatest = () => orElse(database.read<{ id: string; at: number }>(LATEST, MOST_NAMED), [])
  // A question may be answered before a write that was under way. The next one is answered after it,
  // and so is the write, by which the queue counts.
  await readLatest()
  const latest = await readLatest()
  const counts = await orElse(depth(), { events: 0, retries: 0 })
  // It moves a log that nobody finds into its database, and leaves a database that is gone alone.
  const isClosed = await orElse(
    database.close().then(() => true),
    false,
  )
  return {
    error,
    isKept: isClosed && file === 'log',
    queuedEvents: counts.events,
    waitingDeliveries: counts.retries,
    acceptedLast: latest.filter(({ at }) => now - at <= UNNOTICED_MS).map(({ id }) => id),
  }
}

/** Settles in time whatever the disk does. */
function orElse<T>(work: Promise<T>, otherwise: T): Promise<T> {
  const late = new Promise<T>((resolve) => {
    setTimeout(() => resolve(otherwise), FAREWELL_MS)
  })
  return Promise.race([work.catch(() => otherwise), late])
}

/** What the log says, with its fields. */
export function lossEntry(loss: Loss): readonly [object, string] {
  const { error, isKept, ...lost } = loss
  const file = basename(error.file)
  return isKept
    ? [
        { err: error },
        `${file}: its log is gone; nothing is lost, and the relay stops: start it again`,
      ]
    : [{ err: error, ...lost }, `${file}: the database is gone, and the relay stops`]
}
