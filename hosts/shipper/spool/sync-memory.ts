import type { Tables } from './guarded-database.ts'

/** The name of a Secret in its cluster. */
export interface SecretName {
  readonly namespace: string
  readonly name: string
}

/** A copy that the shipper has made, or has started to make. */
export interface CopyRecord extends SecretName {
  /** The version of the Secret when it was copied; absent while the copy may not have succeeded. */
  readonly version?: string | undefined
  /** The version of the copy itself; present together with `version`. */
  readonly copyVersion?: string | undefined
  /**
   * Since when nothing names the Secret, in milliseconds since the epoch; absent while something
   * does.
   */
  readonly unreferencedSince?: number | undefined
}

/** Remembers the copies across restarts. It holds nothing of a Secret's content. */
export interface SyncMemory {
  /** Lists all records. Throws when the disk fails. */
  list(): readonly CopyRecord[]
  /** Stores a record, and replaces the one of the same Secret. Rejects when the disk fails. */
  put(record: CopyRecord): Promise<void>
  /** Deletes the record of a Secret. Rejects when the disk fails. */
  delete(secret: SecretName): Promise<void>
}

const LIST = `SELECT namespace, name, version, copy_version AS copyVersion,
  unreferenced_since AS unreferencedSince FROM secret_copies WHERE target = ? ORDER BY namespace, name`
const PUT = `INSERT INTO secret_copies (target, namespace, name, version, copy_version, unreferenced_since)
  VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (target, namespace, name) DO UPDATE SET
  version = excluded.version, copy_version = excluded.copy_version,
  unreferenced_since = excluded.unreferenced_since`
const DELETE = 'DELETE FROM secret_copies WHERE target = ? AND namespace = ? AND name = ?'

interface Row extends SecretName {
  readonly version: string | null
  readonly copyVersion: string | null
  readonly unreferencedSince: number | null
}

/** Stores the memory in the spool's database. */
export class DatabaseSyncMemory implements SyncMemory {
  readonly #tables: Tables
  readonly #target: string

  /** `target` is the place of the copies. Copies at another place are not in this memory. */
  constructor(tables: Tables, target: string) {
    this.#tables = tables
    this.#target = target
  }

  list(): readonly CopyRecord[] {
    const rows = this.#tables.all<Row>(LIST, this.#target)
    return rows.map(({ namespace, name, version, copyVersion, unreferencedSince }) => ({
      ...{ namespace, name },
      ...(version !== null && { version }),
      ...(copyVersion !== null && { copyVersion }),
      ...(unreferencedSince !== null && { unreferencedSince }),
    }))
  }

  async put(record: CopyRecord): Promise<void> {
    const { namespace, name, version, copyVersion, unreferencedSince } = record
    const versions = [version ?? null, copyVersion ?? null]
    const values = [namespace, name, ...versions, unreferencedSince ?? null]
    await this.#tables.write(() => this.#tables.run(PUT, this.#target, ...values))
  }

  async delete({ namespace, name }: SecretName): Promise<void> {
    await this.#tables.write(() => this.#tables.run(DELETE, this.#target, namespace, name))
  }
}
