import type { ListPosition } from '../ledger-cursor.ts'
import type { OneOutcomeFilter } from '../merged-lists.ts'
import { floorQuery, listQuery } from './ledger-query.ts'
import type { RelayDatabase } from './relay-database.ts'

/**
 * The most records that one query looks at, and as many more as were accepted in the same millisecond. It takes some
 * milliseconds, in which nothing is committed.
 */
export const LOOKED_AT = 4_000

/**
 * Finds the records of a list. No index has all filters, so there may be very many records to look at for a few that
 * fit. They are looked at in parts, of all lists one part at a time, and others use the database in between.
 */
export class LedgerSearch {
  readonly #database: Pick<RelayDatabase, 'read'>
  readonly #lookedAt: number
  #last: Promise<unknown> = Promise.resolve()

  /** `lookedAt` is how many records one query looks at. */
  constructor(database: Pick<RelayDatabase, 'read'>, lookedAt = LOOKED_AT) {
    this.#database = database
    this.#lookedAt = lookedAt
  }

  /** The first `most` rows that fit, latest accepted first, from `after` on. Rejects when the database fails. */
  async find<Row>(
    filter: OneOutcomeFilter,
    most: number,
    now: number,
    after?: ListPosition,
  ): Promise<readonly Row[]> {
    const found: Row[] = []
    let rest = filter
    for (;;) {
      const from = await this.#floor(rest, after)
      const part = from === undefined ? rest : { ...rest, since: from }
      const { sql, parameters } = listQuery(part, now, after)
      const read = () => this.#database.read<Row>(sql, ...parameters, most - found.length)
      found.push(...(await (part === filter ? read() : this.#inTurn(read))))
      if (from === undefined || found.length >= most) return found
      rest = { ...rest, until: from }
    }
  }

  /** The accept time down to which one query looks; undefined when it may look at all that is left. */
  async #floor(filter: OneOutcomeFilter, after?: ListPosition): Promise<number | undefined> {
    const query = floorQuery(filter, after)
    if (query === undefined) return undefined
    const { sql, parameters } = query
    const [row] = await this.#database.read<{ at: number }>(sql, ...parameters, this.#lookedAt)
    return row?.at
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work)
    this.#last = mine
    return mine
  }
}
