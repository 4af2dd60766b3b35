import type { SecretData } from '../../relay/model/secret.ts'
import type { SecretStore, SecretWriter } from '../../relay/ports.ts'
import type { RelayDatabase } from './relay-database.ts'
import { change } from './statement.ts'

const READ = 'SELECT data FROM secrets WHERE cluster = ? AND namespace = ? AND name = ?'

const WRITE = `INSERT INTO secrets (cluster, namespace, name, data) VALUES (?, ?, ?, ?)
  ON CONFLICT (cluster, namespace, name) DO UPDATE SET data = excluded.data`

/** The Secrets of clusters that have no manifests folder, in clear in a file of their owner's. */
export class SqliteSecretStore implements SecretStore, SecretWriter {
  readonly #database: RelayDatabase

  constructor(database: RelayDatabase) {
    this.#database = database
  }

  async read(cluster: string, namespace: string, name: string): Promise<SecretData | undefined> {
    const [row] = await this.#database.read<{ data: string }>(READ, cluster, namespace, name)
    return row && (JSON.parse(row.data) as SecretData)
  }

  async write(cluster: string, namespace: string, name: string, data: SecretData): Promise<void> {
    await this.#database.write([change(WRITE, cluster, namespace, name, JSON.stringify(data))])
  }
}
