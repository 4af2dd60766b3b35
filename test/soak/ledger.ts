import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** What the database of a relay that has ended says of the events, by their message. */
export interface Ledger {
  /** Outcome of the event's Delivery; of the event itself where it matched no Alert. */
  readonly outcomes: ReadonlyMap<string, string>
  readonly queued: ReadonlySet<string>
}

interface EventRow {
  readonly event: { readonly message: string }
}

/** Reads the data folder of a relay that no process has open. */
export function readLedger(data: string): Ledger {
  const file = join(data, 'flux-relay.db')
  if (!existsSync(file)) throw new Error(`there is no ${file}`)
  const database = new DatabaseSync(file)
  try {
    const outcomes = new Map<string, string>()
    const rows = database.prepare(
      'SELECT l.body, e.body AS event FROM ledger AS l JOIN events AS e ON e.seq = l.event_seq',
    )
    for (const { body, event } of rows.iterate()) {
      const { outcome } = JSON.parse(String(body)) as { readonly outcome: string }
      outcomes.set(messageOf(event), outcome)
    }
    const queued = database.prepare('SELECT body FROM events WHERE queued = 1').all()
    return { outcomes, queued: new Set(queued.map(({ body }) => messageOf(body))) }
  } finally {
    database.close()
  }
}

function messageOf(body: unknown): string {
  return (JSON.parse(String(body)) as EventRow).event.message
}
