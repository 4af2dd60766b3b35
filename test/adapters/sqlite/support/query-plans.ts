import { DatabaseSync } from 'node:sqlite'
import { vi } from 'vitest'
import type { Database } from '../../../../adapters/sqlite/database.ts'

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
export function planOf(database: Database, sql: string): readonly string[] {
  return database.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => detail)
}
