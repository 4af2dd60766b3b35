import type { Database } from '../../adapters/sqlite/database.ts'
import type { ConfigMemory } from '../config/config-memory.ts'

const REMEMBER = `INSERT INTO accepted_config (id, taken_at) VALUES (1, ?)
  ON CONFLICT (id) DO UPDATE SET taken_at = excluded.taken_at`

/** The memory of the configuration's upload, in the spool's file. */
export class AcceptedConfig implements ConfigMemory {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  lastTakenAt(): number | undefined {
    const row = this.#database.get<{ at: number }>('SELECT taken_at AS at FROM accepted_config')
    return row?.at
  }

  async remember(takenAt: number): Promise<void> {
    await this.#database.write(() => this.#database.run(REMEMBER, takenAt))
  }
}
