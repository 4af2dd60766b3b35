import type { DatabaseError, DatabaseErrorKind } from '../../adapters/sqlite/database-error.ts'
import type { RelayDatabase } from '../../adapters/sqlite/relay-database.ts'
import type { Log } from '../kit/log.ts'
import type { WorkerPause } from './worker.ts'

/** Whether the relay can keep what it is told, for those who ask and for those who wait. */
export interface StorageTrouble extends WorkerPause {
  /** Why nothing is accepted or sent, for a person without a right to more; undefined when both are. */
  reason(): string | undefined
}

const REASONS: Partial<Readonly<Record<DatabaseErrorKind, string>>> = {
  full: 'the disk of the data folder is full: nothing is accepted or sent until there is room',
  io: 'the disk of the data folder fails: nothing is accepted or sent until a test write succeeds',
  gone: 'the database is gone: the relay stops',
}

/** Tells the log when trouble begins and ends. */
export function watchTrouble(
  database: Pick<RelayDatabase, 'trouble' | 'onTrouble'>,
  log: Log,
): StorageTrouble {
  const tell = (trouble: DatabaseError | undefined) => {
    if (trouble)
      log.error({ err: trouble }, 'nothing is accepted or sent until this can be written')
    else log.info('the database can be written again; what waits is sent')
  }
  database.onTrouble(() => tell(database.trouble))
  if (database.trouble) tell(database.trouble)
  return {
    reason() {
      const { trouble } = database
      return trouble && (REASONS[trouble.problem] ?? 'the database cannot be written')
    },
    isHeld: () => database.trouble !== undefined,
    onChange: (listener) => database.onTrouble(listener),
  }
}
