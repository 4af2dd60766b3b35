import { prefixRange } from './prefix-range.ts'

/** How many characters of an id the indexes know. Few ids are equal until there. */
const KNOWN_CHARACTERS = 8

/** The first characters of an id, as the indexes have them. */
const beginningOf = (id: string) => `substr(${id}, 1, ${KNOWN_CHARACTERS})`

/** The first characters of the column `id`, as the indexes have them. */
export const ID_BEGINNING = beginningOf('id')

/**
 * The condition that finds a row of `events` or `ledger` by its whole id, through the index of ids. `id` is a numbered
 * parameter, such as `?1`, and `table` a name of the table if the query has others.
 */
export function hasId(id: string, table = ''): string {
  const column = table === '' ? 'id' : `${table}.id`
  return `${beginningOf(column)} = ${beginningOf(id)} AND ${column} = ${id}`
}

/**
 * The condition by which an UPDATE finds a record by its whole id. SQLite keeps a journal of the pages that a statement
 * changes, often on the disk, unless it knows that it changes a single row: by its number it does, by an index that is
 * not unique it does not (findings/sqlite-insert-select-journal.sh).
 */
export function isRecord(id: string): string {
  return `rowid = (SELECT rowid FROM ledger WHERE ${hasId(id)})`
}

/** The condition that finds the ids that begin with a text, through the index of ids. Its parameters are `idRange`. */
export const ID_BEGINS = `${ID_BEGINNING} >= ? AND ${ID_BEGINNING} < ? AND id >= ? AND id < ?`

/** The parameters of `ID_BEGINS` for a text of ASCII characters that is not empty. */
export function idRange(beginning: string): readonly string[] {
  return [...prefixRange(beginning.slice(0, KNOWN_CHARACTERS)), ...prefixRange(beginning)]
}
