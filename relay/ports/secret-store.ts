import type { SecretData, StoredSecret } from '../model/secret.ts'

/** A Secret that is there but has not the form of one, which only a person can mend. */
export class InvalidSecret extends Error {
  override readonly name = 'InvalidSecret'
}

export interface SecretStore {
  /**
   * The Secret's decoded keys with their version; undefined without one. `fresh` reads past every
   * cache. Rejects with `InvalidSecret` for one that holds no keys and texts; its message shows nothing
   * of the content.
   */
  read(
    cluster: string,
    namespace: string,
    name: string,
    options?: { readonly fresh?: boolean },
  ): Promise<StoredSecret | undefined>
}

/** Keeps the Secrets that a person puts. */
export interface SecretWriter {
  /** Stores the Secret in the place of what was there, if anything. Durable once it resolves. */
  write(cluster: string, namespace: string, name: string, data: SecretData): Promise<void>
}
