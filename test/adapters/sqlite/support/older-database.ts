import { DatabaseSync } from 'node:sqlite'
import { RELAY_SCHEMA } from '../../../../adapters/sqlite/schema.ts'
import { newFile } from './database-files.ts'

/** The file of a relay of this version of the schema, as `fill` leaves it. */
export function olderDatabase(version: number, fill: (connection: DatabaseSync) => void): string {
  const file = newFile()
  const connection = new DatabaseSync(file)
  for (const migration of RELAY_SCHEMA.migrations.slice(0, version)) connection.exec(migration)
  fill(connection)
  connection.exec(`PRAGMA application_id = ${RELAY_SCHEMA.applicationId}`)
  connection.exec(`PRAGMA user_version = ${version}`)
  connection.close()
  return file
}
