import type { SQLInputValue } from 'node:sqlite'
import type { ListPosition } from '../ledger-cursor.ts'
import type { OneOutcomeFilter } from '../merged-lists.ts'
import { hasId, ID_BEGINNING, ID_BEGINS, idRange } from './id-index.ts'

/** A query whose last parameter, the limit, the caller adds. */
export interface ListQuery {
  readonly sql: string
  readonly parameters: readonly SQLInputValue[]
}

/** The filters that are columns of the same name, the most selective first. */
const COLUMNS = ['object', 'alert', 'provider', 'outcome', 'cluster'] as const

/** The outcome of almost every record, so that any other filter is more selective. */
const COMMON_OUTCOME = 'delivered'

/** The records of the events in a range of ids. */
const OF_EVENTS = `event_seq IN (SELECT seq FROM events WHERE ${ID_BEGINS})`

/**
 * The order by time and id, as the indexes have it: they know the beginning of an id, and what is equal
 * until there is sorted.
 */
const LIST_ORDER = `accepted_at DESC, ${ID_BEGINNING}, id`

/** A record as lists show it, with the number of its event and how many bytes that has. */
const SELECT_LISTED = `SELECT id, accepted_at AS acceptedAt, cluster, object, outcome, alert, body,
    event_seq AS eventSeq, (SELECT octet_length(body) FROM events WHERE seq = event_seq) AS eventBytes
  FROM ledger`

/** One row as a list shows it; the parameters are its id and the time. */
export const SHOW_ONE = `${SELECT_LISTED} WHERE ${hasId('?1')} AND (expires_at IS NULL OR expires_at > ?2)`

/** Lists what fits, latest accepted first, from `after` on, by the index that fits best. */
export function listQuery(filter: OneOutcomeFilter, now: number, after?: ListPosition): ListQuery {
  const index = indexFor(filter)
  const conditions: string[] = []
  const parameters: SQLInputValue[] = []
  const add = (condition: string, ...values: SQLInputValue[]) => {
    conditions.push(condition)
    parameters.push(...values)
  }
  for (const column of COLUMNS) {
    const value = filter[column]
    if (value !== undefined) add(`${column} = ?`, value)
  }
  if (filter.id !== undefined) add(ID_BEGINS, ...idRange(filter.id))
  if (filter.event !== undefined) add(OF_EVENTS, ...idRange(filter.event))
  if (filter.since !== undefined) add('accepted_at >= ?', filter.since)
  if (filter.until !== undefined) add('accepted_at < ?', filter.until)
  if (after) {
    // The first part is a range of the index; the second alone would not be.
    add(
      'accepted_at <= ? AND (accepted_at < ? OR id > ?)',
      after.acceptedAt,
      after.acceptedAt,
      after.id,
    )
  }
  add('(expires_at IS NULL OR expires_at > ?)', now)
  // The index of the outcomes knows the uncommon ones only, and the query has to say so.
  if (index === 'ledger_by_outcome') add(`outcome <> '${COMMON_OUTCOME}'`)
  const sql = `${SELECT_LISTED} INDEXED BY ${index}
    WHERE ${conditions.join(' AND ')} ORDER BY ${LIST_ORDER} LIMIT ?`
  return { sql, parameters }
}

function indexFor(filter: OneOutcomeFilter): string {
  if (filter.id !== undefined) return 'ledger_by_id'
  if (filter.event !== undefined) return 'ledger_by_event'
  const isOpen = filter.outcome === 'retry' || filter.outcome === 'held'
  // What waits is little beside all that an Alert or Provider ever had.
  if (isOpen && filter.object === undefined) return 'ledger_by_outcome'
  const narrow = COLUMNS.find((column) => {
    return filter[column] !== undefined && filter[column] !== COMMON_OUTCOME
  })
  return `ledger_by_${narrow ?? 'time'}`
}
