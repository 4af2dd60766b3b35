import { closeSync, fsyncSync, mkdtempSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { eventBody } from '../adapters/sqlite/event-row.ts'
import { openRelayDatabase } from '../adapters/sqlite/relay-database.ts'
import { DATABASE_FILE } from '../hosts/embedded/stores.ts'
import { systemClock } from '../hosts/kit/system-clock.ts'
import type { AcceptedEvent } from '../relay/model/queue-messages.ts'
import { accept } from '../relay/pipeline/accept.ts'
import { createOrderTimes } from '../relay/pipeline/order.ts'
import { markedEvent, now } from './marked-event.ts'
import type { Bench } from './processes.ts'

const BATCH = 1_000

/** Events of one kind, each marked as one of the stream. */
export interface QueuedLoad {
  readonly stream: string
  readonly events: number
  readonly kind: string
  /** How many objects they are about, in turns. */
  readonly objects: number
}

/**
 * Puts events into the queue of a relay that does not run; gives its data folder. What is stored is what
 * the relay would store, but the indexes are made when all rows are there: to add a million ids one by
 * one, which have no order, takes a quarter of an hour.
 */
export async function fillQueue({ directory }: Bench, load: QueuedLoad): Promise<string> {
  const data = mkdtempSync(join(directory, 'queue-'))
  const file = join(data, DATABASE_FILE)
  await openRelayDatabase(file).close()
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF')
    const indexes = database
      .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'events'")
      .all()
    for (const { name } of indexes) database.exec(`DROP INDEX ${name}`)
    insert(database, load)
    for (const { sql } of indexes) database.exec(String(sql))
  } finally {
    database.close()
  }
  sync(file)
  return data
}

/** Else the first commit of the relay would wait until all of it is on the disk. */
function sync(file: string): void {
  const descriptor = openSync(file, 'r+')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

function insert(database: DatabaseSync, load: QueuedLoad): void {
  const statement = database.prepare(
    'INSERT INTO events (id, grp, accepted_at, queued, body) VALUES (?, ?, ?, 1, ?)',
  )
  for (const batch of batches(load)) {
    database.exec('BEGIN')
    for (const event of batch) {
      const { id, group, acceptedAt } = event
      statement.run(id, group, acceptedAt, eventBody(event))
    }
    database.exec('COMMIT')
  }
}

function* batches({
  stream,
  events,
  kind,
  objects,
}: QueuedLoad): Iterable<readonly AcceptedEvent[]> {
  const sender = { cluster: 'local', isNotificationController: false }
  const orderTimes = createOrderTimes(0)
  for (let from = 0; from < events; from += BATCH) {
    const items = Array.from({ length: Math.min(BATCH, events - from) }, (_, place) => {
      const mark = { stream, index: from + place, postedAt: now() }
      return { value: markedEvent(mark, { kind, objects }) }
    })
    yield accept(items, sender, systemClock.now(), orderTimes).events
  }
}
