import type { LedgerRecord } from '../model/delivery.ts'
import type { Ledger } from '../ports/ledger.ts'

const PAGE_SIZE = 200

/** Most records that are looked at to find an event, where no index of the ledger has its id. */
const MOST_READ = 10_000

/** Which event, by the beginning of its id. */
export interface EventToFind {
  readonly event: string
  readonly cluster?: string
}

/**
 * The records of the events whose id begins so, among the newest of the ledger. Such as cannot be read are
 * left out. Rejects when the ledger fails.
 */
export async function findEventRecords(
  ledger: Pick<Ledger, 'list'>,
  filter: EventToFind,
): Promise<readonly LedgerRecord[]> {
  const found: LedgerRecord[] = []
  let cursor: string | undefined
  for (let read = 0; read < MOST_READ; read += PAGE_SIZE) {
    const page = await ledger.list(filter, PAGE_SIZE, cursor)
    for (const record of page.records) if (record.kind !== 'unreadable') found.push(record)
    const { nextCursor, reachedTime = 0 } = page
    // All records of an event have its accept time.
    const isOver = found.length > 0 && found.every(({ acceptedAt }) => acceptedAt > reachedTime)
    if (nextCursor === undefined || isOver) break
    cursor = nextCursor
  }
  return found
}
