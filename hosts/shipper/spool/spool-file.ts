import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../../adapters/sqlite/database.ts'
import {
  DatabaseError,
  type DatabaseErrorKind,
  databaseErrorOf,
} from '../../../adapters/sqlite/database-error.ts'
import { COMPANIONS } from '../../../adapters/sqlite/database-file.ts'
import { DiskReserve } from '../../../adapters/sqlite/disk-reserve.ts'
import { type GoneFile, watchPresence } from '../../../adapters/sqlite/presence.ts'
import { StartError } from '../../kit/start-error.ts'
import { makeDataFolder } from '../../kit/start-failures.ts'
import { AcceptedConfig } from './accepted-config.ts'
import type { ConfigMemory } from './config-memory.ts'
import { DiskRoom } from './disk-room.ts'
import { SPOOL_SCHEMA } from './schema.ts'
import { Spool, type SpoolOptions } from './spool.ts'
import { DatabaseSyncMemory, type SyncMemory } from './sync-memory.ts'

const SPOOL_FILE = 'spool.db'
/** The suffix of the reserve, which is beside the spool's file and so on the same disk. */
const RESERVE_SUFFIX = '-reserve'

/**
 * Problems that nothing repairs. A person may be hours away, and events must be accepted now, so
 * the file is renamed.
 */
const BEYOND_REPAIR: ReadonlySet<DatabaseErrorKind> = new Set([
  'corrupt',
  'not-a-database',
  'incomplete',
])

const GONE_TEXTS: Readonly<Record<GoneFile, string>> = {
  database:
    'the spool was deleted, moved or replaced while the shipper used it. If it was moved, put it and its ' +
    'log back before the next start; else the events that waited in it are lost.',
  log: 'the log of the spool was deleted, moved or replaced while the shipper used it.',
}

/** A damaged spool file that was moved away. */
export interface SetAsideFile {
  /** Its new path. */
  readonly file: string
  /** What is wrong with it. */
  readonly problem: string
}

/** A spool file that was removed while it was open. */
export interface GoneSpool {
  /** The error, which says what happened, what it means, and what to do. */
  readonly error: DatabaseError
  /** Whether the file holds everything once it is closed. */
  readonly isKept: boolean
  /** How many events waited in it. */
  readonly events: number
}

export interface SpoolFileOptions extends SpoolOptions {
  /** Called once, when nothing can be stored any more. The process has to end. */
  readonly onGone: (gone: GoneSpool) => void
  /** How often to check that the file exists, in milliseconds. */
  readonly lookEveryMs?: number
  /**
   * Called when the disk is full, with the number of reserve bytes that were given up for what
   * waits.
   */
  readonly onDiskFull: (bytes: number) => void
  readonly onSetAside: (aside: SetAsideFile) => void
}

/** A spool that only this process has open, and what else is stored in its file. */
export interface OpenSpool {
  readonly spool: Spool
  readonly configMemory: ConfigMemory
  /** The memory of the copies at one place. */
  readonly syncMemory: (target: string) => SyncMemory
  /** Closes the file after the writes under way. If it is damaged, it is set aside. */
  close(): void
}

/**
 * Opens the spool in a folder, which is created when it does not exist. A damaged file is renamed,
 * never deleted, and a new one is created. Throws `StartError` when a person has to correct
 * something, for example because another process has the file open.
 */
export function openSpool(directory: string, options: SpoolFileOptions): OpenSpool {
  makeDataFolder(directory)
  const file = join(directory, SPOOL_FILE)
  try {
    try {
      return open(file, options)
    } catch (error) {
      if (!(error instanceof DatabaseError && BEYOND_REPAIR.has(error.problem))) throw error
      setAside(file, error, options)
      return open(file, options)
    }
  } catch (error) {
    if (error instanceof DatabaseError) throw new StartError(error.message)
    throw new StartError(`data folder ${directory}: ${(error as Error).message}`)
  }
}

function open(file: string, options: SpoolFileOptions): OpenSpool {
  const database = openDatabase(file, SPOOL_SCHEMA)
  let damage: Error | undefined
  const onCorrupt = (error: Error) => {
    damage = error
    options.onCorrupt(error)
  }
  const spool = spoolOf(database, { ...options, onCorrupt })
  const endWatch = watchPresence(file, {
    ...(options.lookEveryMs !== undefined && { intervalMs: options.lookEveryMs }),
    onGone: (gone) => {
      const error = new DatabaseError(file, 'gone', GONE_TEXTS[gone])
      spool.refuse(error)
      options.onGone({ error, isKept: gone === 'log', events: spool.waitingEvents })
    },
  })
  return {
    spool,
    configMemory: new AcceptedConfig(spool.tables),
    syncMemory: (target) => new DatabaseSyncMemory(spool.tables, target),
    close() {
      endWatch()
      database.close()
      if (damage) setAside(file, damage, options)
    },
  }
}

function spoolOf(database: Database, options: SpoolFileOptions): Spool {
  const reserve = new DiskReserve(`${database.file}${RESERVE_SUFFIX}`)
  try {
    return new Spool(database, new DiskRoom(database, reserve, options.onDiskFull), options)
  } catch (error) {
    database.close()
    throw databaseErrorOf(database.file, error) ?? error
  }
}

/** Renames a database and its log. No process may have them open. */
function setAside(file: string, { message }: Error, { clock, onSetAside }: SpoolFileOptions): void {
  const time = new Date(clock.now()).toISOString().replaceAll(/[-:]/g, '')
  const aside = freeName(`${file}.damaged-${time}`)
  // The database first: a log alone is known as a part of something, a database alone seems whole.
  for (const suffix of ['', ...COMPANIONS]) {
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix)
  }
  onSetAside({ file: aside, problem: message })
}

function freeName(wanted: string, attempt = 1): string {
  const name = attempt === 1 ? wanted : `${wanted}-${attempt}`
  const isTaken = ['', ...COMPANIONS].some((suffix) => existsSync(name + suffix))
  return isTaken ? freeName(wanted, attempt + 1) : name
}
