import type { MemoryDisk } from './memory-disk.ts'

/** Two Alerts take every event: a webhook, and the status of the event's commit, a subject. */
export const ROUTES = ['hook', 'forge'] as const
export type Route = (typeof ROUTES)[number]

/** A record, as it is on the disk. */
export interface RecordRow {
  readonly eventId: string
  readonly alert: string | null
  readonly outcome: string
  readonly reason: string
  readonly dueAt: number | null
}

const RECORDS = `SELECT e.id AS eventId, l.alert, l.outcome, l.body ->> '$.reason' AS reason, l.due_at AS dueAt
  FROM ledger AS l JOIN events AS e ON e.seq = l.event_seq`
const QUEUED = 'SELECT id FROM events WHERE queued = 1'
const EVENT = "SELECT id, MIN(seq) AS place FROM events WHERE body ->> '$.event.message' = ?"

/** Reads the queue and the ledger past the relay, at any moment. */
export class LedgerBooks {
  readonly #disk: MemoryDisk

  constructor(disk: MemoryDisk) {
    this.#disk = disk
  }

  /** Of the event with this message: its id, and its place in the order of acceptance. */
  eventOf(message: string): { readonly id: string; readonly place: number } | undefined {
    const [row] = this.#disk.rows<{ id: string | null; place: number }>(EVENT, message)
    return row && row.id !== null ? { id: row.id, place: row.place } : undefined
  }

  recordOf(eventId: string, route: Route): RecordRow | undefined {
    const [row] = this.#disk.rows<RecordRow>(
      `${RECORDS} WHERE e.id = ? AND l.alert = ?`,
      eventId,
      `flux-system/${route}`,
    )
    return row
  }

  /** Whether nothing is queued and no record waits. */
  get areClosed(): boolean {
    const open = `SELECT (SELECT COUNT(*) FROM events WHERE queued = 1)
      + (SELECT COUNT(*) FROM ledger WHERE outcome = 'retry') AS count`
    return this.#disk.rows<{ count: number }>(open)[0]?.count === 0
  }

  /**
   * What breaks the ledger invariant: an event that was acknowledged is queued, or each Alert that
   * takes it has one record of it, which is final or due at a time.
   */
  problems(acknowledged: ReadonlyMap<string, string>): readonly string[] {
    const queued = new Set(this.#disk.rows<{ id: string }>(QUEUED).map(({ id }) => id))
    const records = Map.groupBy(this.#disk.rows<RecordRow>(RECORDS), ({ eventId }) => eventId)
    return [...acknowledged].flatMap(([id, name]) => {
      const own = records.get(id) ?? []
      const never = own.filter(({ outcome, dueAt }) => outcome === 'retry' && dueAt === null)
      const missing = queued.has(id)
        ? []
        : ROUTES.filter((route) => !own.some(({ alert }) => alert === `flux-system/${route}`))
      return [
        ...never.map(({ alert }) => `${name} waits for ${alert}, and is never due`),
        ...missing.map((route) => `${name} is not queued, and has no record of ${route}`),
        ...(own.length > ROUTES.length ? [`${name} has ${own.length} records`] : []),
      ]
    })
  }

  /** The outcomes of all records. */
  get outcomes(): readonly string[] {
    return this.#disk.rows<RecordRow>(RECORDS).map(({ outcome }) => outcome)
  }
}
