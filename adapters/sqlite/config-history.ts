import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { ConfigText } from '../../relay/model/stored/config-snapshot.ts'
import { forgetBeyond, type HistoryBounds, REVISIONS_AT_ONCE } from './history-bounds.ts'
import type { RelayDatabase } from './relay-database.ts'
import { change, type UnitStatement } from './statement.ts'
import { inPeace } from './sweep-pace.ts'

/** One that is in force again counts as never replaced. */
const KEEP = `INSERT INTO config_revisions (cluster, revision, body) VALUES (?, ?, ?)
  ON CONFLICT (cluster, revision) DO UPDATE SET body = excluded.body, replaced_at = NULL`
const IN_FORCE = `UPDATE config_revisions SET replaced_at = NULL
  WHERE cluster = ? AND revision = ? AND replaced_at IS NOT NULL`
const REPLACED = `UPDATE config_revisions SET replaced_at = ?
  WHERE cluster = ? AND revision <> ? AND replaced_at IS NULL`

/** A set that changes all the time fills no disk by that. Most sets take some kilobytes, compressed. */
const BOUNDS: HistoryBounds = { revisions: 2_000, bytes: 64 * 1024 * 1024 }

const RETIRE = `UPDATE config_revisions SET replaced_at = ?
  WHERE cluster = ? AND replaced_at IS NULL`

/** What begins with a text sorts from it to before the text with the last character behind it. */
const FIND = `SELECT body FROM config_revisions
  WHERE cluster = ?1 AND revision >= ?2 AND revision < ?2 || char(1114111)
  ORDER BY revision LIMIT 1`

const DELETE = `DELETE FROM config_revisions WHERE rowid IN
  (SELECT rowid FROM config_revisions WHERE replaced_at <= ? LIMIT ${REVISIONS_AT_ONCE})`

const compress = promisify(gzip)
const decompress = promisify(gunzip)

/**
 * The revisions of the clusters' sets, compressed, until some time after another one replaced them. Of those of a
 * cluster that were replaced the latest are kept, as far as there is room; a sweep forgets the others.
 */
export class SqliteConfigHistory {
  readonly #database: RelayDatabase
  readonly #bounds: HistoryBounds
  /** The revisions in force, as far as they are known to be kept. */
  readonly #kept = new Map<string, string>()

  constructor(database: RelayDatabase, bounds = BOUNDS) {
    this.#database = database
    this.#bounds = bounds
  }

  /** The changes that keep a set which is put in force at `now`, in milliseconds since the epoch. */
  async changes(
    { cluster, revision, body }: ConfigText,
    now: number,
  ): Promise<readonly UnitStatement[]> {
    const replaced = change(REPLACED, now, cluster, revision)
    if (this.#kept.get(cluster) === revision) {
      return [change(IN_FORCE, cluster, revision), replaced]
    }
    const keep = change(KEEP, cluster, revision, await compress(body))
    return [keep, replaced]
  }

  /** The change by which none of a cluster's revisions is in force after `now`. */
  retiring(cluster: string, now: number): UnitStatement {
    return change(RETIRE, now, cluster)
  }

  /** Told that this change is made. */
  isRetired(cluster: string): void {
    this.#kept.delete(cluster)
  }

  /** Told that these changes are made. */
  isKept({ cluster, revision }: Pick<ConfigText, 'cluster' | 'revision'>): void {
    this.#kept.set(cluster, revision)
  }

  /** The text of the revision that is, or begins with, `revision`; undefined without one. */
  async find(cluster: string, revision: string): Promise<string | undefined> {
    const [row] = await this.#database.read<{ body: Uint8Array }>(FIND, cluster, revision)
    return row && textOf(row.body)
  }

  /**
   * Deletes what was replaced at or before a time, in milliseconds, and what there is no room for; resolves with the number.
   */
  async sweep(replacedBefore: number): Promise<number> {
    const expired = await this.#forgetBefore(replacedBefore)
    return expired + (await forgetBeyond(this.#database, this.#bounds))
  }

  async #forgetBefore(replacedBefore: number): Promise<number> {
    let deleted = 0
    for (;;) {
      const deletion = [change(DELETE, replacedBefore)]
      const result = await inPeace(() => this.#database.write(deletion))
      const count = result.kind === 'done' ? (result.changed[0]?.count ?? 0) : 0
      deleted += count
      if (count < REVISIONS_AT_ONCE) return deleted
    }
  }
}

/** What the migration took over is not compressed. */
async function textOf(body: Uint8Array): Promise<string> {
  const isCompressed = body[0] === 0x1f && body[1] === 0x8b
  return Buffer.from(isCompressed ? await decompress(body) : body).toString()
}
