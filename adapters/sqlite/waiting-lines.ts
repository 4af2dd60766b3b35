import type {
  PlaceInLine,
  WaitingCounts,
  WaitingDelivery,
  WaitingLines,
} from '../../relay/ports/waiting-lines.ts'
import type { RelayDatabase } from './relay-database.ts'

/**
 * Jumps from one destination to the next, so that the cost does not depend on how much waits for
 * each.
 */
const DESTINATIONS = `WITH RECURSIVE found (destination) AS (
    SELECT MIN(destination) FROM ledger WHERE destination IS NOT NULL
    UNION ALL
    SELECT (SELECT MIN(destination) FROM ledger WHERE destination > found.destination)
    FROM found WHERE found.destination IS NOT NULL
  )
  SELECT destination FROM found WHERE destination IS NOT NULL`

const PAGE = `SELECT id, attempt, ord AS "order",
    COALESCE((SELECT octet_length(body) FROM events WHERE seq = event_seq), 0) AS bytes FROM ledger
  WHERE destination = ? AND (ord, id) > (?, ?) ORDER BY ord, id LIMIT ?`

const COUNT = `SELECT COUNT(*) AS count
  FROM (SELECT 1 FROM ledger WHERE destination = ? LIMIT ?)`

const BEFORE_ALL: PlaceInLine = { order: '', id: '' }

/** Reads the records of the ledger that wait for their destinations. */
export class SqliteWaitingLines implements WaitingLines, WaitingCounts {
  readonly #database: RelayDatabase

  constructor(database: RelayDatabase) {
    this.#database = database
  }

  async destinations(): Promise<readonly string[]> {
    const rows = await this.#database.read<{ destination: string }>(DESTINATIONS)
    return rows.map(({ destination }) => destination)
  }

  page(
    destination: string,
    after: PlaceInLine = BEFORE_ALL,
    limit: number,
  ): Promise<readonly WaitingDelivery[]> {
    return this.#database.read<WaitingDelivery>(PAGE, destination, after.order, after.id, limit)
  }

  async countWaiting(destination: string, most: number): Promise<number> {
    const [row] = await this.#database.read<{ count: number }>(COUNT, destination, most)
    return row?.count ?? 0
  }
}
