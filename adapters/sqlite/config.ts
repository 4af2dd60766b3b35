import type { ConfigSnapshot } from '../../relay/model/config.ts'
import { decodeText, encodeText, storedValue } from '../../relay/model/stored/codec.ts'
import { configSnapshotCodec } from '../../relay/model/stored/config-snapshot.ts'
import type { ConfigStore } from '../../relay/ports.ts'
import type { RelayDatabase } from './relay-database.ts'
import { change } from './statement.ts'

const REPLACE = `INSERT INTO configs (cluster, revision, taken_at, body) VALUES (?, ?, ?, ?)
  ON CONFLICT (cluster) DO UPDATE
  SET revision = excluded.revision, taken_at = excluded.taken_at, body = excluded.body
  WHERE configs.taken_at <= excluded.taken_at`

/** The clusters' sets of Alerts and Providers on SQLite, each one JSON value. */
export class SqliteConfigStore implements ConfigStore {
  readonly #database: RelayDatabase
  /** The revisions that are stored, as far as they are known: nobody else writes the file. */
  readonly #revisions = new Map<string, string>()

  constructor(database: RelayDatabase) {
    this.#database = database
  }

  async read(
    cluster: string,
    knownRevision?: string,
  ): Promise<ConfigSnapshot | 'unchanged' | undefined> {
    // It is asked for with every event, and a set may be megabytes.
    if (knownRevision !== undefined && this.#revisions.get(cluster) === knownRevision) {
      return 'unchanged'
    }
    const [row] = await this.#database.read<{ body: string }>(
      'SELECT body FROM configs WHERE cluster = ?',
      cluster,
    )
    if (!row) return undefined
    const decoded = decodeText(configSnapshotCodec, row.body)
    const snapshot = storedValue(configSnapshotCodec, decoded, `cluster ${cluster}`)
    // One that was put meanwhile is newer.
    if (!this.#revisions.has(cluster)) this.#revisions.set(cluster, snapshot.revision)
    return snapshot
  }

  async replace(snapshot: ConfigSnapshot): Promise<'replaced' | 'stale'> {
    const { cluster, revision, takenAt } = snapshot
    const body = encodeText(configSnapshotCodec, snapshot)
    const unit = [{ ...change(REPLACE, cluster, revision, takenAt, body), mustChange: true }]
    const result = await this.#database.write(unit, ({ kind }) => {
      if (kind === 'done') this.#revisions.set(cluster, revision)
    })
    return result.kind === 'done' ? 'replaced' : 'stale'
  }

  /** The clusters that have a set, in alphabetical order. */
  async clusters(): Promise<readonly string[]> {
    const rows = await this.#database.read<{ cluster: string }>(
      'SELECT cluster FROM configs ORDER BY cluster',
    )
    return rows.map((row) => row.cluster)
  }
}
