import { isTest, type LedgerRecord, type UnreadableRecord } from '../model/delivery.ts'
import { noPause, type Pause } from '../pipeline/slices.ts'
import type { LedgerFilter } from '../ports/ledger.ts'
import type { Ports } from '../ports/ports.ts'
import { acceptTimeOf } from './event-time.ts'

const PAGE_SIZE = 200

/** Most records that are looked at to find an event, where no index of the ledger has its id. */
const MOST_READ = 10_000

/** Which event, by the beginning of its id. */
export interface EventToFind {
  readonly event: string
  readonly cluster?: string
}

/** The records of events. */
export interface EventRecords {
  readonly records: readonly LedgerRecord[]
  /** Those that cannot be read, as far as the ledger knows that they are of these events. */
  readonly unreadable: readonly UnreadableRecord[]
}

/**
 * The records of the events whose id begins so. Where no index of the ledger has such ids, an event whose
 * whole id and cluster are given is found by them, and any other among the newest records. Tests of
 * Providers, whose events no cluster reported, are left out. Rejects when a store fails.
 */
export async function findEventRecords(
  ports: Pick<Ports, 'ledger' | 'configs'>,
  wanted: EventToFind,
  pause: Pause = noPause,
): Promise<EventRecords> {
  const found: LedgerRecord[] = []
  const unreadable: UnreadableRecord[] = []
  let filter: LedgerFilter = wanted
  let cursor: string | undefined
  for (let read = 0; read < MOST_READ; read += PAGE_SIZE) {
    const page = await ports.ledger.list(filter, PAGE_SIZE, cursor)
    for (const record of page.records) {
      if (record.kind === 'unreadable') unreadable.push(record)
      else if (!isTest(record)) found.push(record)
    }
    const { nextCursor, reachedTime = 0 } = page
    // All records of an event have its accept time.
    const isOver = found.length > 0 && found.every(({ acceptedAt }) => acceptedAt > reachedTime)
    if (nextCursor === undefined || isOver) break
    cursor = nextCursor
    if (read > 0 || found.length > 0 || wanted.cluster === undefined) continue
    const since = await acceptTimeOf(ports, wanted.cluster, wanted.event, pause)
    if (since === undefined) continue
    filter = { ...wanted, since, until: since + 1 }
    cursor = undefined
  }
  return { records: found, unreadable }
}
