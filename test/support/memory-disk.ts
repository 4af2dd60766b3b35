import { DatabaseSync } from 'node:sqlite'
import { DatabaseError } from '../../adapters/sqlite/database-error.ts'
import {
  type BackendListener,
  type Batch,
  BatchingDatabase,
  type RelayDatabase,
} from '../../adapters/sqlite/relay-database.ts'
import { migrate, RELAY_SCHEMA } from '../../adapters/sqlite/schema.ts'
import { SqlEngine } from '../../adapters/sqlite/sql-engine.ts'

const FILE = 'memory'

/** A process's use of a disk. */
export interface DiskUse {
  readonly database: RelayDatabase
  /** The process dies: what it asked for and was not begun is not done, and nothing is answered. */
  cut(): void
}

/** The relay's database in memory. It outlives the processes that use it, one after the other. */
export class MemoryDisk {
  readonly connection = new DatabaseSync(':memory:')
  /** While set, nothing can be written. */
  isFull = false
  /** Batches that are not answered yet. */
  underWay = 0
  /** All batches so far. */
  batches = 0
  readonly #engine = new SqlEngine(FILE, this.connection)

  constructor() {
    migrate(this.connection, RELAY_SCHEMA, 0)
  }

  /** For a process. A batch is committed in a later turn, and answered in another one. */
  use(): DiskUse {
    let isCut = false
    const database = new BatchingDatabase(FILE, (answers) => ({
      run: (batch) => {
        if (isCut) return
        this.underWay += 1
        this.batches += 1
        setImmediate(() => {
          if (isCut) return
          const answer = this.#run(batch, answers)
          setImmediate(() => {
            if (isCut) return
            this.underWay -= 1
            answer()
          })
        })
      },
      close: async () => undefined,
    }))
    return {
      database,
      cut: () => {
        isCut = true
        this.underWay = 0
      },
    }
  }

  /** The rows of a query, by whoever looks at the disk from outside. */
  rows<Row>(sql: string, ...parameters: readonly (string | number)[]): readonly Row[] {
    const rows: readonly unknown[] = this.connection.prepare(sql).all(...parameters)
    return rows as readonly Row[]
  }

  #run({ queries, units }: Batch, answers: BackendListener): () => void {
    const rows = queries.map((query) => this.#engine.query(query))
    const error = new DatabaseError(FILE, 'full', 'there is no space left.')
    const results = this.isFull
      ? units.map(() => ({ kind: 'failed', error }) as const)
      : this.#engine.commit(units)
    return () => {
      if (rows.length > 0) answers.rows(rows)
      if (results.length > 0) answers.results(results)
    }
  }
}
