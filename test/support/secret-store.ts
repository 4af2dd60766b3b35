import { type SecretData, storedSecret } from '../../relay/model/secret.ts'
import type { SecretStore } from '../../relay/ports/secret-store.ts'

/** A store whose Secrets a function finds. */
export function secretsFound(
  find: (namespace: string, name: string, isFresh: boolean) => SecretData | undefined,
): SecretStore {
  return {
    async read(_cluster, namespace, name, { fresh = false } = {}) {
      const data = find(namespace, name, fresh)
      return data && storedSecret(data)
    },
  }
}
