import type { StoredSecret } from '../model/secret.ts'
import type { SecretStore } from '../ports/secret-store.ts'

/**
 * Reads each Secret once for whoever asks this store, and once more past the cache of the store behind
 * it. It is for one look at a whole set: what it has read does not grow old.
 */
export function readingOnce(store: SecretStore): SecretStore {
  const reads = new Map<string, Promise<StoredSecret | undefined>>()
  return {
    read(cluster, namespace, name, options = {}) {
      const key = JSON.stringify([options.fresh === true, cluster, namespace, name])
      const read = reads.get(key) ?? store.read(cluster, namespace, name, options)
      reads.set(key, read)
      return read
    },
  }
}
