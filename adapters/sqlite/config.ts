import type { ConfigSnapshot } from '../../relay/model/config.ts'
import {
  type ConfigText,
  configTextOf,
  readConfigText,
} from '../../relay/model/stored/config-snapshot.ts'
import type { ConfigStore } from '../../relay/ports/config-store.ts'
import type { RelayDatabase } from './relay-database.ts'
import { change } from './statement.ts'

const REPLACE = `INSERT INTO configs (cluster, revision, taken_at, body) VALUES (?, ?, ?, ?)
  ON CONFLICT (cluster) DO UPDATE
  SET revision = excluded.revision, taken_at = excluded.taken_at, body = excluded.body
  WHERE configs.taken_at <= excluded.taken_at`

/** The clusters' sets of Alerts and Providers on SQLite, each one JSON value. */
export class SqliteConfigStore implements ConfigStore {
  readonly #database: RelayDatabase
  readonly #pause: () => Promise<void>
  /** The revisions that are stored, as far as they are known: nobody else writes the file. */
  readonly #revisions = new Map<string, string>()

  /** `pause` is waited for between parts of a large set that is read. */
  constructor(database: RelayDatabase, pause: () => Promise<void> = async () => undefined) {
    this.#database = database
    this.#pause = pause
  }

  async read(
    cluster: string,
    knownRevision?: string,
  ): Promise<ConfigSnapshot | 'unchanged' | undefined> {
    // It is asked for with every event, and a set may be megabytes.
    if (knownRevision !== undefined && this.#revisions.get(cluster) === knownRevision) {
      return 'unchanged'
    }
    const body = await this.readText(cluster)
    if (body === undefined) return undefined
    const snapshot = await readConfigText(cluster, body, this.#pause)
    // One that was put meanwhile is newer.
    if (!this.#revisions.has(cluster)) this.#revisions.set(cluster, snapshot.revision)
    return snapshot
  }

  /** The cluster's set as `replaceText` took it; undefined without one. */
  async readText(cluster: string): Promise<string | undefined> {
    const [row] = await this.#database.read<{ body: string }>(
      'SELECT body FROM configs WHERE cluster = ?',
      cluster,
    )
    return row?.body
  }

  replace(snapshot: ConfigSnapshot): Promise<'replaced' | 'stale'> {
    return this.replaceText(configTextOf(snapshot))
  }

  /** `replace` with a set that is made text already. */
  async replaceText({
    cluster,
    revision,
    takenAt,
    body,
  }: ConfigText): Promise<'replaced' | 'stale'> {
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
