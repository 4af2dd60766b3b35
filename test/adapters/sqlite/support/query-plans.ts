import { DatabaseSync } from 'node:sqlite'
import { vi } from 'vitest'
import type { RelayDatabase } from '../../../../adapters/sqlite/relay-database.ts'

/** Runs `work` and returns the statements that it was the first on the database's connection to use. */
export async function statementsOf(
  { file }: Pick<RelayDatabase, 'file'>,
  work: () => unknown,
): Promise<readonly string[]> {
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare')
  try {
    await work()
    // What other tests of this process left open may still do something.
    return prepare.mock.calls.flatMap(([sql], call) =>
      isOf(prepare.mock.contexts[call], file) ? [sql] : [],
    )
  } finally {
    prepare.mockRestore()
  }
}

function isOf(connection: unknown, file: string): boolean {
  try {
    return connection instanceof DatabaseSync && connection.location() === file
  } catch {
    // It was closed meanwhile.
    return false
  }
}

/** What SQLite says that it would do (https://sqlite.org/eqp.html), one line a step. */
export async function planOf(database: RelayDatabase, sql: string): Promise<readonly string[]> {
  const rows = await database.read<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
  return rows.map(({ detail }) => detail)
}
