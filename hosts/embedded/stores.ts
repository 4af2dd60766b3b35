import { join } from 'node:path'
import { SqliteConfigStore } from '../../adapters/sqlite/config.ts'
import { DatabaseError } from '../../adapters/sqlite/database-error.ts'
import { countDead } from '../../adapters/sqlite/dead-count.ts'
import { type DiskSpace, diskSpace } from '../../adapters/sqlite/disk-space.ts'
import { SqliteLedger } from '../../adapters/sqlite/ledger.ts'
import { latestAccepted, oldestWaiting } from '../../adapters/sqlite/ledger-ages.ts'
import { SqliteOutcomeCounts } from '../../adapters/sqlite/outcome-counts.ts'
import { SqliteQueue } from '../../adapters/sqlite/queue.ts'
import type { RelayDatabase } from '../../adapters/sqlite/relay-database.ts'
import type { OnRemovalFailure } from '../../adapters/sqlite/removals.ts'
import { SqliteSecretStore } from '../../adapters/sqlite/secrets.ts'
import { SqliteStateStore } from '../../adapters/sqlite/state.ts'
import { openThreadedDatabase } from '../../adapters/sqlite/threaded-database.ts'
import { SqliteWaitingLines } from '../../adapters/sqlite/waiting-lines.ts'
import type { LedgerRecord } from '../../relay/model/delivery.ts'
import { LONG_PAST_MS } from '../../relay/pipeline/overdue.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Log } from '../kit/log.ts'
import { StartError } from '../kit/start-error.ts'
import { makeDataFolder } from '../kit/start-failures.ts'
import { type Loss, watchDatabase } from './gone-database.ts'
import { type StorageTrouble, watchTrouble } from './storage-trouble.ts'
import { startSweeps } from './sweeps.ts'
import type { TurnGate } from './turn-gate.ts'

/** The name of the database in the folder of a relay's data. */
export const DATABASE_FILE = 'flux-relay.db'

const BRING_BACK_INTERVAL_MS = 60_000

/** The stores of one database, which nobody else can open meanwhile. */
export interface Stores {
  readonly queue: SqliteQueue
  readonly state: SqliteStateStore
  readonly ledger: SqliteLedger
  readonly configs: SqliteConfigStore
  readonly secrets: SqliteSecretStore
  readonly outcomeCounts: SqliteOutcomeCounts
  readonly waiting: SqliteWaitingLines
  /** What metrics read from the stores. */
  readonly readings: StoresReadings
  /** Whether anything can be stored. */
  readonly trouble: StorageTrouble
  /** How many deliveries were found long past due. */
  overdue(): number
  /** Finishes what is being written. */
  close(): Promise<void>
}

/** What can be told of the stores. Times are milliseconds since the epoch. */
export interface StoresReadings {
  /** When the last event of each cluster was accepted, as far as there are records. */
  latestAccepted(): Promise<ReadonlyMap<string, number>>
  /** When the event of the oldest delivery was accepted that waits for its next try. */
  oldestWaiting(): Promise<number | undefined>
  /** How many deliveries are dead and not dismissed; 10,000 when there are more. */
  deadCount(): Promise<number>
  /** The space of the disk; undefined when the system does not tell it. */
  diskSpace(): Promise<DiskSpace | undefined>
}

/** What happens while the stores are open. */
export interface StoreEvents {
  readonly onSweepFailure: (error: unknown) => void
  readonly onRemovalFailure: OnRemovalFailure
  /** The database is gone for good, so nothing can be accepted or decided any more. */
  readonly onLost: (error: Error) => void
  /** The file of the database is gone. Nothing is accepted or sent any more, and the process has to end. */
  readonly onGone: (loss: Loss) => void
  /** A record of the ledger was stored. `isNew`: there was none of its id before. */
  readonly onRecord?: (record: LedgerRecord, isNew: boolean) => void
  readonly log: Log
  /** What follows from the database's answers goes on by it; at once without it. */
  readonly gate?: Pick<TurnGate, 'goOn'>
}

/**
 * Opens the database in a folder, which is made when it is not there, and deletes what has expired
 * now and then. Rejects with `StartError` when a person has to mend something.
 */
export async function openStores(
  directory: string,
  clock: Clock,
  { onSweepFailure, onRemovalFailure, onLost, onGone, onRecord, log, gate }: StoreEvents,
): Promise<Stores> {
  let isClosing = false
  const database = await open(directory, onLost, gate)
  const depth = () => queue.depth()
  const endWatch = watchDatabase({ database, depth, clock, onGone })
  const queue = new SqliteQueue(database, clock, onRemovalFailure)
  await forPerson(queue.loaded(), directory).catch(async (error: unknown) => {
    endWatch()
    await database.close().catch(() => undefined)
    throw error
  })
  const onDueTimesFailure = (err: unknown) => {
    if (!isClosing) log.error({ err }, 'due times could not be checked, will be repeated')
  }
  // The first one takes long where very many wait, and nothing has to wait for it.
  void queue.dueTimes.bringBack().catch(onDueTimesFailure)
  let overdue = 0
  const findLost = async () => {
    await queue.dueTimes.bringBack()
    const deliveries = await queue.findLostRetries(clock.now() - LONG_PAST_MS)
    if (deliveries.length === 0) return
    overdue += deliveries.length
    log.warn({ deliveries }, 'deliveries were long past due, and are tried again')
  }
  const dueTimes = setInterval(
    () => void findLost().catch(onDueTimesFailure),
    BRING_BACK_INTERVAL_MS,
  )
  const state = new SqliteStateStore(database, clock)
  const ledger = new SqliteLedger(database, clock, { ...(onRecord && { onStored: onRecord }) })
  const configs = new SqliteConfigStore(
    database,
    clock,
    gate && { pause: () => new Promise(gate.goOn) },
  )
  const outcomeCounts = new SqliteOutcomeCounts(database)
  const endSweeps = startSweeps([queue, queue.quarantine, state, configs, outcomeCounts, ledger], {
    clock,
    onFailure(error) {
      // One that is under way at the end goes on at the next start.
      if (!isClosing) onSweepFailure(error)
    },
  })
  return {
    queue,
    state,
    ledger,
    configs,
    secrets: new SqliteSecretStore(database),
    outcomeCounts,
    waiting: new SqliteWaitingLines(database),
    readings: {
      latestAccepted: () => latestAccepted(database),
      oldestWaiting: () => oldestWaiting(database),
      deadCount: () => countDead(database),
      diskSpace: () => diskSpace(database.file),
    },
    trouble: watchTrouble(database, log),
    overdue: () => overdue,
    async close() {
      isClosing = true
      endWatch()
      endSweeps()
      clearInterval(dueTimes)
      await database.close()
    },
  }
}

function open(
  directory: string,
  onLost: StoreEvents['onLost'],
  gate: StoreEvents['gate'],
): Promise<RelayDatabase> {
  const opening = async () => {
    makeDataFolder(directory)
    return openThreadedDatabase(join(directory, DATABASE_FILE), onLost, gate?.goOn)
  }
  return forPerson(opening(), directory)
}

/** What goes wrong at the start has to be mended by a person. */
async function forPerson<T>(work: Promise<T>, directory: string): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof StartError) throw error
    if (error instanceof DatabaseError) throw new StartError(error.message)
    throw new StartError(`data folder ${directory}: ${(error as Error).message}`)
  }
}
