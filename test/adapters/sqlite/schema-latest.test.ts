import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { migrate, RELAY_SCHEMA, type Schema } from '../../../adapters/sqlite/schema.ts'

it('makes of an empty database what the migrations make, with the same rows, in the same order', () => {
  const { applicationId, migrations } = RELAY_SCHEMA
  expect(madeBy(RELAY_SCHEMA)).toEqual(madeBy({ applicationId, migrations }))
})

/** What a database is that this schema made. */
function madeBy(schema: Schema) {
  const connection = new DatabaseSync(':memory:')
  onTestFinished(() => connection.close())
  migrate(connection, schema, 0)
  const all = (sql: string) => connection.prepare(sql).all()
  // SQLite makes the table of sequences itself, with the first one that needs it.
  const parts = all(
    "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name = 'sqlite_sequence', rowid",
  )
  const tables = parts.filter(({ type }) => type === 'table')
  return {
    marks: all('SELECT * FROM pragma_application_id, pragma_user_version'),
    parts: parts.map(({ sql, ...part }) => ({ ...part, sql: sql && unformatted(String(sql)) })),
    rows: tables.map(({ name }) => [name, all(`SELECT * FROM ${name}`)]),
  }
}

/** Where a table was renamed or got a column, SQLite writes the text otherwise. */
function unformatted(sql: string): string {
  return sql.replaceAll(/"(\w+)"/g, '$1').replaceAll(/\s*([\s(),])\s*/g, '$1')
}
