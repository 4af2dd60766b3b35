import { DatabaseSync } from 'node:sqlite'
import { vi } from 'vitest'
import type { RelayDatabase } from '../../../../adapters/sqlite/relay-database.ts'

/** Runs `work` and returns the statements that it was the first on its connection to use. */
export async function statementsOf(work: () => unknown): Promise<readonly string[]> {
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare')
  try {
    await work()
    return prepare.mock.calls.map(([sql]) => sql)
  } finally {
    prepare.mockRestore()
  }
}

/** What SQLite says that it would do (https://sqlite.org/eqp.html), one line a step. */
export async function planOf(database: RelayDatabase, sql: string): Promise<readonly string[]> {
  const rows = await database.read<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
  return rows.map(({ detail }) => detail)
}
