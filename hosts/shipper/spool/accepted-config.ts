import type { ConfigMemory } from './config-memory.ts'
import type { Tables } from './guarded-database.ts'

const REMEMBER = `INSERT INTO accepted_config (id, taken_at) VALUES (1, ?)
  ON CONFLICT (id) DO UPDATE SET taken_at = excluded.taken_at`

/** Stores in the spool's file when the accepted set was taken. */
export class AcceptedConfig implements ConfigMemory {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  lastTakenAt(): number | undefined {
    const row = this.#tables.get<{ at: number }>('SELECT taken_at AS at FROM accepted_config')
    return row?.at
  }

  async remember(takenAt: number): Promise<void> {
    await this.#tables.write(() => this.#tables.run(REMEMBER, takenAt))
  }
}
