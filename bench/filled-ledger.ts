import { closeSync, fsyncSync, mkdtempSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { eventBody } from '../adapters/sqlite/event-row.ts'
import { SqliteLedger } from '../adapters/sqlite/ledger.ts'
import { openRelayDatabase } from '../adapters/sqlite/relay-database.ts'
import { DATABASE_FILE } from '../hosts/embedded/stores.ts'
import { systemClock } from '../hosts/kit/system-clock.ts'
import type { LedgerRecord } from '../relay/model/delivery.ts'
import { orderParts } from '../relay/model/event-order.ts'
import type { Bench } from './processes.ts'

const BATCH = 10_000

/** Pages of 4 kB that are kept while the ids are stored, which have no order. */
const CACHED_PAGES = 200_000

/**
 * Puts records, the latest first, into the ledger of a relay that does not run; gives its data folder. What
 * is stored is what the relay would store, but the indexes are made when all rows are there, except the one that each
 * record is looked for in.
 */
export async function fillLedger(
  { directory }: Bench,
  records: Iterable<LedgerRecord>,
): Promise<string> {
  const data = mkdtempSync(join(directory, 'ledger-'))
  const file = join(data, DATABASE_FILE)
  const opened = openRelayDatabase(file)
  const ledger = new SqliteLedger(opened, systemClock)
  await opened.close()
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF')
    database.exec(`PRAGMA cache_size = ${CACHED_PAGES}`)
    const indexes = database
      .prepare(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name IN ('events', 'ledger') AND name <> 'ledger_by_id'",
      )
      .all()
    for (const { name } of indexes) database.exec(`DROP INDEX ${name}`)
    insert(database, ledger, records)
    for (const { sql } of indexes) database.exec(String(sql))
  } finally {
    database.close()
  }
  sync(file)
  return data
}

function insert(
  database: DatabaseSync,
  ledger: SqliteLedger,
  records: Iterable<LedgerRecord>,
): void {
  const event = database.prepare(
    "INSERT INTO events (seq, id, grp, accepted_at, queued, body) VALUES (?, ?, '', ?, 0, ?)",
  )
  let delivery: StatementSync | undefined
  let count = 0
  database.exec('BEGIN')
  for (const record of records) {
    const sequence = Number(orderParts(record.order).sequence)
    event.run(sequence, record.eventId, record.acceptedAt, bodyOfEvent(record))
    const { sql, first = sql, parameters } = ledger.change({ record, expected: 'absent' })
    delivery ??= database.prepare(first)
    delivery.run(...parameters)
    count += 1
    if (count % BATCH === 0) database.exec('COMMIT; BEGIN')
  }
  database.exec('COMMIT')
}

function bodyOfEvent({ eventId, cluster, event, objectLabels, acceptedAt }: LedgerRecord): string {
  return eventBody({ id: eventId, cluster, group: '', event, objectLabels, acceptedAt })
}

/** Else the first commit of the relay would wait until all of it is on the disk. */
function sync(file: string): void {
  const descriptor = openSync(file, 'r+')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
