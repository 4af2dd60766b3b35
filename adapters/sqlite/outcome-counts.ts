import {
  COUNTED_KINDS,
  HOUR_MS,
  hourOf,
  type OutcomeCount,
} from '../../relay/model/outcome-count.ts'
import { DEFAULT_RETENTION_MS } from '../../relay/model/retention.ts'
import type {
  ClusterCount,
  HourCount,
  ObjectCount,
  OutcomeCountStore,
} from '../../relay/ports/outcome-counts.ts'
import type { RelayDatabase } from './relay-database.ts'
import { change } from './statement.ts'
import { CHUNK_ROWS, inPeace } from './sweep-pace.ts'

/** How many hours are kept, the one under way left out. */
const HOURS_KEPT = { cluster: 8 * 24, alert: 24, provider: 24 } as const

const ADD = `INSERT INTO outcome_counts (kind, hour, cluster, name, outcome, count)
  SELECT value ->> 'kind', value ->> 'hour', value ->> 'cluster', value ->> 'name',
    value ->> 'outcome', value ->> 'count'
  FROM json_each(?) WHERE true
  ON CONFLICT DO UPDATE SET count = outcome_counts.count + excluded.count`

const LAST = `INSERT INTO last_outcomes (kind, cluster, name, outcome, at)
  SELECT value ->> 'kind', value ->> 'cluster', value ->> 'name', value ->> 'outcome',
    value ->> 'lastAt'
  FROM json_each(?) WHERE value ->> 'kind' <> 'cluster'
  ON CONFLICT DO UPDATE SET at = MAX(last_outcomes.at, excluded.at)`

/** The hours are given one by one, so that the index finds the cluster in each. */
const HOURS = 'hour IN (SELECT value FROM json_each(?))'

const BY_HOUR = `SELECT hour, outcome, SUM(count) AS count FROM outcome_counts
  WHERE kind = 'cluster' AND ${HOURS} GROUP BY hour, outcome ORDER BY hour, outcome`

const BY_HOUR_OF_CLUSTER = `SELECT hour, outcome, count FROM outcome_counts
  WHERE kind = 'cluster' AND ${HOURS} AND cluster = ? ORDER BY hour, outcome`

const BY_CLUSTER = `SELECT cluster, outcome, SUM(count) AS count FROM outcome_counts
  WHERE kind = 'cluster' AND ${HOURS} GROUP BY cluster, outcome ORDER BY cluster, outcome`

const BY_OBJECT = `SELECT name, outcome, SUM(count) AS count FROM outcome_counts
  WHERE kind = ? AND ${HOURS} AND cluster = ? GROUP BY name, outcome`

const LAST_OF_CLUSTER = `SELECT name, outcome, at AS lastAt FROM last_outcomes
  WHERE kind = ? AND cluster = ? ORDER BY name, outcome`

const DELETE = `DELETE FROM outcome_counts WHERE (kind, hour, cluster, name, outcome) IN (
  SELECT kind, hour, cluster, name, outcome FROM outcome_counts
  WHERE kind = ? AND hour < ? LIMIT ${CHUNK_ROWS})`

const DELETE_LAST = `DELETE FROM last_outcomes WHERE (kind, cluster, name, outcome) IN (
  SELECT kind, cluster, name, outcome FROM last_outcomes WHERE at <= ? LIMIT ${CHUNK_ROWS})`

/**
 * Counts of outcomes on SQLite: one row for each hour, and one for when an outcome was last that of
 * an Alert or Provider. How many rows there are depends on how many clusters and objects there are,
 * and never on how many events come.
 */
export class SqliteOutcomeCounts implements OutcomeCountStore {
  readonly #database: RelayDatabase

  constructor(database: RelayDatabase) {
    this.#database = database
  }

  async add(counts: readonly OutcomeCount[]): Promise<void> {
    const json = JSON.stringify(counts)
    await this.#database.write([change(ADD, json), change(LAST, json)])
  }

  byHour(hours: readonly number[], cluster?: string): Promise<readonly HourCount[]> {
    const list = JSON.stringify(hours)
    return cluster === undefined
      ? this.#database.read(BY_HOUR, list)
      : this.#database.read(BY_HOUR_OF_CLUSTER, list, cluster)
  }

  byCluster(hours: readonly number[]): Promise<readonly ClusterCount[]> {
    return this.#database.read(BY_CLUSTER, JSON.stringify(hours))
  }

  async byObject(
    kind: 'alert' | 'provider',
    cluster: string,
    hours: readonly number[],
  ): Promise<readonly ObjectCount[]> {
    const [counted, last] = await Promise.all([
      this.#database.read<Omit<ObjectCount, 'lastAt'>>(
        BY_OBJECT,
        ...[kind, JSON.stringify(hours), cluster],
      ),
      this.#database.read<Omit<ObjectCount, 'count'>>(LAST_OF_CLUSTER, kind, cluster),
    ])
    const counts = new Map(counted.map((it) => [`${it.name} ${it.outcome}`, it.count]))
    return last.map((it) => ({ ...it, count: counts.get(`${it.name} ${it.outcome}`) ?? 0 }))
  }

  /** Deletes what is too old at `now`, in milliseconds since the epoch; resolves with the number of rows. */
  async sweep(now: number): Promise<number> {
    let deleted = 0
    for (const kind of COUNTED_KINDS) {
      deleted += await this.#delete(DELETE, kind, hourOf(now) - HOURS_KEPT[kind] * HOUR_MS)
    }
    return deleted + (await this.#delete(DELETE_LAST, now - DEFAULT_RETENTION_MS))
  }

  async #delete(sql: string, ...parameters: readonly (string | number)[]): Promise<number> {
    let deleted = 0
    for (;;) {
      const deletion = [change(sql, ...parameters)]
      const result = await inPeace(() => this.#database.write(deletion))
      const count = result.kind === 'done' ? (result.changed[0]?.count ?? 0) : 0
      deleted += count
      if (count < CHUNK_ROWS) return deleted
    }
  }
}
