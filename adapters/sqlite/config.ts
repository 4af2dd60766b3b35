import type { ConfigSnapshot } from '../../relay/model/config.ts'
import { FLEET } from '../../relay/model/fleet.ts'
import { DEFAULT_RETENTION_MS } from '../../relay/model/retention.ts'
import {
  type ConfigText,
  configTextOf,
  readConfigText,
} from '../../relay/model/stored/config-snapshot.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { ConfigHistory } from '../../relay/ports/config-history.ts'
import type { ConfigStore } from '../../relay/ports/config-store.ts'
import { SqliteConfigHistory } from './config-history.ts'
import type { RelayDatabase } from './relay-database.ts'
import { change } from './statement.ts'

const REPLACE = `INSERT INTO configs (cluster, revision, taken_at, body, heard_at, shipper)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (cluster) DO UPDATE
  SET revision = excluded.revision, taken_at = excluded.taken_at, body = excluded.body,
    heard_at = COALESCE(excluded.heard_at, configs.heard_at),
    shipper = COALESCE(excluded.shipper, configs.shipper)
  WHERE configs.taken_at <= excluded.taken_at`

/** The part of a set that is known without reading it. */
export interface ConfigSummary {
  readonly cluster: string
  /** When it was taken, in milliseconds since the epoch. */
  readonly takenAt: number
  /** How many of its objects take no effect. */
  readonly notReady: number
  /** When a shipper last sent it, in milliseconds since the epoch; null when none did. */
  readonly heardAt: number | null
  /** The version of that shipper. */
  readonly shipper: string | null
}

/** What cannot be read, or was written by a later version, counts as ready. */
const SUMMARY = `SELECT cluster, taken_at AS takenAt,
    CASE WHEN json_valid(body) THEN (
      SELECT COUNT(*) FROM json_each(body, '$.objects') WHERE value -> '$.ready' = 'false'
    ) ELSE 0 END AS notReady, heard_at AS heardAt, shipper
  FROM configs WHERE cluster = ?`

export interface ConfigOptions {
  /** Waited for between parts of a large set that is read. */
  readonly pause?: () => Promise<void>
  /** How long the ledger keeps what may name a revision. Milliseconds. */
  readonly retentionMs?: number
}

/** The clusters' sets of Alerts and Providers on SQLite, each one JSON value, and those of before. */
export class SqliteConfigStore implements ConfigStore, ConfigHistory {
  readonly #database: RelayDatabase
  readonly #clock: Pick<Clock, 'now'>
  readonly #history: SqliteConfigHistory
  readonly #retentionMs: number
  readonly #pause: () => Promise<void>
  /**
   * The revisions that are stored, as far as they are known: nobody else writes the file. Undefined for a cluster whose
   * set was forgotten.
   */
  readonly #revisions = new Map<string, string | undefined>()
  /** The summaries of the sets that this process has stored or was asked for. */
  readonly #summaries = new Map<string, ConfigSummary>()

  constructor(database: RelayDatabase, clock: Pick<Clock, 'now'>, options: ConfigOptions = {}) {
    const { pause = async () => undefined, retentionMs = DEFAULT_RETENTION_MS } = options
    this.#database = database
    this.#clock = clock
    this.#history = new SqliteConfigHistory(database)
    this.#pause = pause
    this.#retentionMs = retentionMs
  }

  async read(
    cluster: string,
    knownRevision?: string,
  ): Promise<ConfigSnapshot | 'unchanged' | undefined> {
    // It is asked for with every event, and a set may be megabytes.
    if (knownRevision !== undefined && this.isCurrent(cluster, knownRevision)) return 'unchanged'
    const body = await this.readText(cluster)
    if (body === undefined) return undefined
    const snapshot = await readConfigText(cluster, body, this.#pause)
    // One that was put meanwhile is newer, and one that was forgotten is not there any more.
    if (!this.#revisions.has(cluster)) this.#revisions.set(cluster, snapshot.revision)
    return snapshot
  }

  isCurrent(cluster: string, revision: string): boolean {
    return this.#revisions.get(cluster) === revision
  }

  /** The cluster's set as `replaceText` took it; undefined without one. */
  async readText(cluster: string): Promise<string | undefined> {
    const [row] = await this.#database.read<{ body: string }>(
      'SELECT body FROM configs WHERE cluster = ?',
      cluster,
    )
    return row?.body
  }

  async readRevision(cluster: string, revision: string): Promise<ConfigSnapshot | undefined> {
    const body = await this.#history.find(cluster, revision)
    return body === undefined ? undefined : readConfigText(cluster, body, this.#pause)
  }

  replace(snapshot: ConfigSnapshot, shipper?: string): Promise<'replaced' | 'stale'> {
    return this.replaceText(configTextOf(snapshot), shipper)
  }

  /** `replace` with a set that is made text already. */
  async replaceText(config: ConfigText, shipper?: string): Promise<'replaced' | 'stale'> {
    const { cluster, revision, takenAt, body } = config
    const heardAt = shipper === undefined ? null : takenAt
    const replacing = change(
      REPLACE,
      ...[cluster, revision, takenAt, body, heardAt, shipper ?? null],
    )
    const keeping = await this.#history.changes(config, this.#clock.now())
    const unit = [{ ...replacing, mustChange: true }, ...keeping]
    const result = await this.#database.write(unit, ({ kind }) => {
      if (kind !== 'done') return
      this.#revisions.set(cluster, revision)
      this.#sumUp(config, shipper)
      this.#history.isKept(config)
    })
    return result.kind === 'done' ? 'replaced' : 'stale'
  }

  #sumUp({ cluster, takenAt, notReady }: ConfigText, shipper: string | undefined): void {
    if (cluster === FLEET) return
    const known = this.#summaries.get(cluster)
    const heard = shipper === undefined ? known : { heardAt: takenAt, shipper }
    // Without either it is read when it is asked for.
    if (heard) this.#summaries.set(cluster, { ...heard, cluster, takenAt, notReady })
  }

  /** The summary of each cluster's set. The first time all of them are read, one after the other. */
  async summaries(): Promise<readonly ConfigSummary[]> {
    for (const cluster of await this.clusters()) {
      if (this.#summaries.has(cluster)) continue
      const [row] = await this.#database.read<ConfigSummary>(SUMMARY, cluster)
      // One that was put meanwhile is newer.
      if (row && !this.#summaries.has(cluster)) this.#summaries.set(cluster, row)
    }
    return [...this.#summaries.values()]
  }

  /**
   * Deletes the cluster's set; false when it has none. Records name its revision, so that is kept for as long
   * as one that was replaced now.
   */
  async forget(cluster: string): Promise<boolean> {
    const unit = [
      change('DELETE FROM configs WHERE cluster = ?', cluster),
      this.#history.retiring(cluster, this.#clock.now()),
    ]
    const result = await this.#database.write(unit, ({ kind }) => {
      if (kind !== 'done') return
      this.#revisions.set(cluster, undefined)
      this.#summaries.delete(cluster)
      this.#history.isRetired(cluster)
    })
    return result.kind === 'done' && result.changed[0]?.count === 1
  }

  /** Keeps a set that is in force, though it is stored elsewhere, for `readRevision`. */
  async keepText(config: ConfigText): Promise<void> {
    const keeping = await this.#history.changes(config, this.#clock.now())
    const { kind } = await this.#database.write(keeping)
    if (kind === 'done') this.#history.isKept(config)
  }

  /** Forgets what was replaced so long before `now` that no record names it; with the number. */
  sweep(now: number): Promise<number> {
    return this.#history.sweep(now - this.#retentionMs)
  }

  /** The clusters that have a set, in alphabetical order. The fleet is none. */
  async clusters(): Promise<readonly string[]> {
    const rows = await this.#database.read<{ cluster: string }>(
      'SELECT cluster FROM configs WHERE cluster <> ? ORDER BY cluster',
      FLEET,
    )
    return rows.map((row) => row.cluster)
  }
}
