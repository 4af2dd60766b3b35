import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { AcceptedEvent } from '../../relay/model/queue-messages.ts'
import { type Described, type Entry, entryOf } from './entries.ts'

/** The stores as a kill left them. */
export interface Remains {
  readonly entries: readonly Entry[]
  /** Messages of the queued events. */
  readonly queued: ReadonlySet<string>
  /** What breaks the chain of a Delivery that waits for its next try. */
  readonly brokenChains: readonly string[]
  /** Who was about to send, or had sent, for the status of a commit. */
  readonly claims: readonly LeftClaim[]
}

/** A claim that nobody has settled: from here on the relay does not know what the forge shows. */
export interface LeftClaim {
  readonly deliveryId: string
  /** When it expires, in the relay's time; tells the claims of one Delivery apart. */
  readonly until: number
}

const FILE = 'flux-relay.db'

/**
 * Reads a copy of the database of a relay that was killed, so that the relay itself has to recover
 * what it left. Undefined when it had not come to make a database.
 */
export function readRemains(data: string): Remains | undefined {
  if (!existsSync(join(data, FILE))) return undefined
  const copy = mkdtempSync(join(tmpdir(), 'flux-relay-remains-'))
  try {
    for (const name of [FILE, `${FILE}-wal`, `${FILE}-journal`]) {
      if (existsSync(join(data, name))) copyFileSync(join(data, name), join(copy, name))
    }
    return readCopy(join(copy, FILE))
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function readCopy(file: string): Remains | undefined {
  const database = new DatabaseSync(file)
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE name = 'ledger'").all()
    if (tables.length === 0) return undefined
    const events = database
      .prepare('SELECT id, body FROM events WHERE queued = 1')
      .all()
      .map(({ id, body }) => ({ ...(JSON.parse(String(body)) as AcceptedEvent), id: String(id) }))
    const entries = database
      .prepare(
        `SELECT l.id, l.cluster, l.body, e.body AS event
          FROM ledger AS l JOIN events AS e ON e.seq = l.event_seq`,
      )
      .all()
      .map(({ id, cluster, body, event: accepted }) => {
        const { event } = JSON.parse(String(accepted)) as AcceptedEvent
        const columns = { id: String(id), cluster: String(cluster), event }
        return entryOf({ ...(JSON.parse(String(body)) as Described), ...columns })
      })
    return {
      entries,
      queued: new Set(events.map(({ event }) => event.message)),
      claims: database.prepare('SELECT value FROM state').all().flatMap(claimsOf),
      brokenChains: brokenChains(database, entries, new Set(events.map(({ id }) => id))),
    }
  } finally {
    database.close()
  }
}

function claimsOf({ value }: Readonly<Record<string, unknown>>): readonly LeftClaim[] {
  const { claim } = JSON.parse(String(value)) as { readonly claim?: LeftClaim }
  return claim ? [claim] : []
}

/**
 * A Delivery that retries is due for the try that its record names; or its event is queued, whose
 * redelivery tells of it.
 */
function brokenChains(
  database: DatabaseSync,
  entries: readonly Entry[],
  queuedEvents: ReadonlySet<string>,
): readonly string[] {
  const rows = database.prepare('SELECT id, attempt FROM ledger WHERE due_at IS NOT NULL').all()
  const attempts = Map.groupBy(rows, ({ id }) => String(id))
  return entries.flatMap(({ id, eventId, outcome, attempt, message, route }) => {
    if (outcome !== 'retry' || queuedEvents.has(eventId)) return []
    const queued = (attempts.get(id) ?? []).map((row) => Number(row.attempt))
    if (queued.includes(attempt)) return []
    return [`try ${attempt} is not due, only [${queued}]: ${route}: ${message}`]
  })
}
