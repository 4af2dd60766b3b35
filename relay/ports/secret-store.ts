import type { SecretData, VersionedSecret } from '../model/secret.ts'

/** A Secret that exists but has the wrong form. A person has to correct it. */
export class InvalidSecret extends Error {
  override readonly name = 'InvalidSecret'
}

export interface SecretStore {
  /**
   * The Secret's decoded keys with their version; undefined when there is none. `fresh` reads past
   * every cache. Rejects with `InvalidSecret` when the content is not a map of texts; the error
   * shows none of the content.
   */
  read(
    cluster: string,
    namespace: string,
    name: string,
    options?: { readonly fresh?: boolean },
  ): Promise<VersionedSecret | undefined>
}

/** Stores the Secrets that people put. */
export interface SecretWriter {
  /** Stores the Secret, and replaces an older one. It is durable once it resolves. */
  write(cluster: string, namespace: string, name: string, data: SecretData): Promise<void>
}
