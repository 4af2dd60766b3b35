import type { Tables } from './guarded-database.ts'

/** What names a Secret in its cluster. */
export interface SecretName {
  readonly namespace: string
  readonly name: string
}

/** A copy that the shipper has made, or has begun to make. */
export interface CopyRecord extends SecretName {
  /** Of the Secret when it was copied; absent when that may not have succeeded yet. */
  readonly version?: string | undefined
  /** Of the copy itself; there together with `version`. */
  readonly copyVersion?: string | undefined
  /** Milliseconds since the epoch. */
  readonly unreferencedSince?: number | undefined
}

/** Which copies there are, through restarts. It holds nothing of a Secret's content. */
export interface SyncMemory {
  /** Throws when the disk fails. */
  list(): readonly CopyRecord[]
  /** Puts a record in the place of what was known of this Secret. Rejects when the disk fails. */
  put(record: CopyRecord): Promise<void>
  /** Rejects when the disk fails. */
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

/** The memory in the spool's database. */
export class DatabaseSyncMemory implements SyncMemory {
  readonly #tables: Tables
  readonly #target: string

  /** `target`: where the copies are. What was copied to another place is not of this memory. */
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
