import { jsonValue } from '../../relay/model/json-value.ts'
import { type SecretData, storedSecret, type VersionedSecret } from '../../relay/model/secret.ts'
import { fits, mapOf, text } from '../../relay/model/stored/shape.ts'
import {
  InvalidSecret,
  type SecretStore,
  type SecretWriter,
} from '../../relay/ports/secret-store.ts'
import type { RelayDatabase } from './relay-database.ts'
import { change } from './statement.ts'

const READ = 'SELECT data FROM secrets WHERE cluster = ? AND namespace = ? AND name = ?'

const WRITE = `INSERT INTO secrets (cluster, namespace, name, data) VALUES (?, ?, ?, ?)
  ON CONFLICT (cluster, namespace, name) DO UPDATE SET data = excluded.data`

/**
 * The Secrets of clusters that have no manifests folder, in clear in a file of their owner's. A row
 * is a map whose keys are a person's, so a version has no place in it: the file's own version counts.
 */
export class SqliteSecretStore implements SecretStore, SecretWriter {
  readonly #database: RelayDatabase

  constructor(database: RelayDatabase) {
    this.#database = database
  }

  async read(
    cluster: string,
    namespace: string,
    name: string,
  ): Promise<VersionedSecret | undefined> {
    const [row] = await this.#database.read<{ data: string }>(READ, cluster, namespace, name)
    return row && parseSecret(row.data, `${cluster}/${namespace}/${name}`)
  }

  /** Deletes the Secrets of a cluster; false when it has none. */
  async forget(cluster: string): Promise<boolean> {
    const result = await this.#database.write([
      change('DELETE FROM secrets WHERE cluster = ?', cluster),
    ])
    return result.kind === 'done' && (result.changed[0]?.count ?? 0) > 0
  }

  async write(cluster: string, namespace: string, name: string, data: SecretData): Promise<void> {
    await this.#database.write([change(WRITE, cluster, namespace, name, JSON.stringify(data))])
  }
}

const secretShape = mapOf(text)

/** Throws `InvalidSecret`, whose message shows nothing of the content. */
function parseSecret(json: string, name: string): VersionedSecret {
  const stored = jsonValue(json)
  if (fits(secretShape, stored)) return storedSecret(stored)
  throw new InvalidSecret(`the stored Secret ${name} is damaged: put it again (secret put)`)
}
