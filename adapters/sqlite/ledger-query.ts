import type { SQLInputValue } from 'node:sqlite'
import type { ListPosition } from '../ledger-cursor.ts'
import type { OneOutcomeFilter } from '../merged-lists.ts'
import { hasId, ID_BEGINNING, ID_BEGINS, idRange } from './id-index.ts'
import { prefixRange } from './prefix-range.ts'

/** A query whose last parameter, the limit, the caller adds. */
export interface ListQuery {
  readonly sql: string
  readonly parameters: readonly SQLInputValue[]
}

/** The filters that are columns of the same name, the most selective first. */
const COLUMNS = ['object', 'alert', 'provider', 'outcome', 'cluster'] as const

/** The outcome of almost every record, so that any other filter is more selective. */
const COMMON_OUTCOME = 'delivered'

/** The records of the events in a range of ids: by the index of these, and of a record that is looked at. */
const OF_EVENTS = `event_seq IN (SELECT seq FROM events WHERE ${ID_BEGINS})`
const IS_OF_EVENTS = `EXISTS (SELECT 1 FROM events WHERE seq = event_seq AND id >= ? AND id < ?)`

/** The fewest characters of an id by which it is looked for: as many records begin with fewer as are soon found by time. */
const FEWEST_CHARACTERS = 3

/**
 * The order by time and id, as the indexes have it: they know the beginning of an id, and what is equal
 * until there is sorted.
 */
const LIST_ORDER = `accepted_at DESC, ${ID_BEGINNING}, id`

/** A record as lists show it, with the number of its event and how many bytes that has. */
const SELECT_LISTED = `SELECT id, accepted_at AS acceptedAt, cluster, object, outcome, alert,
    provider, body, event_seq AS eventSeq, (SELECT octet_length(body) FROM events WHERE seq = event_seq) AS eventBytes
  FROM ledger`

/** One row as a list shows it; the parameters are its id and the time. */
export const SHOW_ONE = `${SELECT_LISTED} WHERE ${hasId('?1')} AND (expires_at IS NULL OR expires_at > ?2)`

/** Lists what fits, latest accepted first, from `after` on, by the index that fits best. */
export function listQuery(filter: OneOutcomeFilter, now: number, after?: ListPosition): ListQuery {
  const index = indexFor(filter)
  const { add, conditions, parameters } = conditionsOf(filter, index, after)
  for (const column of COLUMNS) {
    const value = filter[column]
    if (value !== undefined && index !== indexOf(column)) add(`${column} = ?`, value)
  }
  const { id, event } = filter
  if (id !== undefined && index !== 'ledger_by_id') add('id >= ? AND id < ?', ...prefixRange(id))
  if (event !== undefined && index !== 'ledger_by_event') add(IS_OF_EVENTS, ...prefixRange(event))
  // The first part, which the index has, is a range of it; this alone would not be.
  if (after) add('(accepted_at < ? OR id > ?)', after.acceptedAt, after.id)
  add('(expires_at IS NULL OR expires_at > ?)', now)
  const sql = `${SELECT_LISTED} INDEXED BY ${index}
    WHERE ${conditions.join(' AND ')} ORDER BY ${LIST_ORDER} LIMIT ?`
  return { sql, parameters }
}

/**
 * Finds the accept time of the record that comes as many after the first as the parameter to add says, of those that
 * `listQuery` may have to look at. It reads the index alone. Undefined for a filter whose index holds little else than
 * what fits, and for one that is sorted first.
 */
export function floorQuery(filter: OneOutcomeFilter, after?: ListPosition): ListQuery | undefined {
  const index = indexFor(filter)
  const isSorted = index === 'ledger_by_id' || index === 'ledger_by_event'
  const others = [filter.id, filter.event, ...otherColumns(filter, index)]
  if (isSorted || others.every((other) => other === undefined)) return undefined
  const { conditions, parameters } = conditionsOf(filter, index, after)
  const sql = `SELECT accepted_at AS at FROM ledger INDEXED BY ${index}
    WHERE ${['true', ...conditions].join(' AND ')} ORDER BY accepted_at DESC LIMIT 1 OFFSET ?`
  return { sql, parameters }
}

/** The order of `listQuery`: the latest accepted first, and of one time by ascending id. */
export function listOrder(a: ListPosition, b: ListPosition): number {
  return b.acceptedAt - a.acceptedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

/** The conditions that are a range of the index. */
function conditionsOf(filter: OneOutcomeFilter, index: string, after: ListPosition | undefined) {
  const conditions: string[] = []
  const parameters: SQLInputValue[] = []
  const add = (condition: string, ...values: SQLInputValue[]) => {
    conditions.push(condition)
    parameters.push(...values)
  }
  const column = COLUMNS.find((name) => index === indexOf(name))
  const value = column && filter[column]
  if (value !== undefined) add(`${column} = ?`, value)
  const { id, event, since, until } = filter
  if (id !== undefined && index === 'ledger_by_id') add(ID_BEGINS, ...idRange(id))
  if (event !== undefined && index === 'ledger_by_event') add(OF_EVENTS, ...idRange(event))
  if (since !== undefined) add('accepted_at >= ?', since)
  if (until !== undefined) add('accepted_at < ?', until)
  if (after) add('accepted_at <= ?', after.acceptedAt)
  // The index of the outcomes knows the uncommon ones only, and the query has to say so.
  if (index === indexOf('outcome')) add(`outcome <> '${COMMON_OUTCOME}'`)
  return { add, conditions, parameters }
}

function otherColumns(filter: OneOutcomeFilter, index: string) {
  return COLUMNS.flatMap((column) => (index === indexOf(column) ? [] : [filter[column]]))
}

function indexOf(column: (typeof COLUMNS)[number]): string {
  return `ledger_by_${column}`
}

function indexFor(filter: OneOutcomeFilter): string {
  if (isFound(filter.id)) return 'ledger_by_id'
  if (isFound(filter.event)) return 'ledger_by_event'
  const isOpen = filter.outcome === 'retry' || filter.outcome === 'held'
  // What waits is little beside all that an Alert or Provider ever had.
  if (isOpen && filter.object === undefined) return indexOf('outcome')
  const narrow = COLUMNS.find((column) => {
    return filter[column] !== undefined && filter[column] !== COMMON_OUTCOME
  })
  return narrow === undefined ? 'ledger_by_time' : indexOf(narrow)
}

/** Whether few records begin with it. */
function isFound(beginning: string | undefined): boolean {
  return beginning !== undefined && beginning.length >= FEWEST_CHARACTERS
}
