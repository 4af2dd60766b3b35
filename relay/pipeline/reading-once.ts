import type { VersionedSecret } from '../model/secret.ts'
import type { SecretStore } from '../ports/secret-store.ts'

/**
 * A Secret store that reads each Secret once, and once more past the cache of the store behind it.
 * It is meant for one pass over a whole set: it never forgets what it has read.
 */
export function readingOnce(store: SecretStore): SecretStore {
  const reads = new Map<string, Promise<VersionedSecret | undefined>>()
  return {
    read(cluster, namespace, name, options = {}) {
      const key = JSON.stringify([options.fresh === true, cluster, namespace, name])
      const read = reads.get(key) ?? store.read(cluster, namespace, name, options)
      reads.set(key, read)
      return read
    },
  }
}
