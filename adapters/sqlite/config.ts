import type { ConfigSnapshot } from '../../relay/model/config.ts'
import { decodeText, encodeText, storedValue } from '../../relay/model/stored/codec.ts'
import { configSnapshotCodec } from '../../relay/model/stored/config-snapshot.ts'
import type { ConfigStore } from '../../relay/ports.ts'
import type { Database } from './database.ts'

const REPLACE = `INSERT INTO configs (cluster, revision, taken_at, body) VALUES (?, ?, ?, ?)
  ON CONFLICT (cluster) DO UPDATE
  SET revision = excluded.revision, taken_at = excluded.taken_at, body = excluded.body
  WHERE configs.taken_at <= excluded.taken_at`

/** The clusters' sets of Alerts and Providers on SQLite, each one JSON value. */
export class SqliteConfigStore implements ConfigStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async read(
    cluster: string,
    knownRevision?: string,
  ): Promise<ConfigSnapshot | 'unchanged' | undefined> {
    // The revision alone first: it is asked for with every event, and a set may be megabytes.
    if (knownRevision !== undefined && this.#revision(cluster) === knownRevision) return 'unchanged'
    const row = this.#database.get<{ body: string }>(
      'SELECT body FROM configs WHERE cluster = ?',
      cluster,
    )
    if (!row) return undefined
    const decoded = decodeText(configSnapshotCodec, row.body)
    return storedValue(configSnapshotCodec, decoded, `cluster ${cluster}`)
  }

  async replace(snapshot: ConfigSnapshot): Promise<'replaced' | 'stale'> {
    const { cluster, revision, takenAt } = snapshot
    const body = encodeText(configSnapshotCodec, snapshot)
    const changes = await this.#database.write(() =>
      this.#database.run(REPLACE, cluster, revision, takenAt, body),
    )
    return changes.count === 1 ? 'replaced' : 'stale'
  }

  /** The clusters that have a set, in alphabetical order. */
  clusters(): readonly string[] {
    return this.#database
      .all<{ cluster: string }>('SELECT cluster FROM configs ORDER BY cluster')
      .map((row) => row.cluster)
  }

  #revision(cluster: string): string | undefined {
    return this.#database.get<{ revision: string }>(
      'SELECT revision FROM configs WHERE cluster = ?',
      cluster,
    )?.revision
  }
}
