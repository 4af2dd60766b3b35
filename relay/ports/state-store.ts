import type { ExpectedVersion, Versioned } from './versioned.ts'

/** Small JSON values under keys that start with the cluster, changed by compare-and-set only. */
export interface StateStore {
  read(key: string): Promise<Versioned<unknown> | undefined>
  /**
   * Stores the value when the item is as expected, with the version after (1 when it was absent).
   * False, and nothing changed, when it is not. An expired item counts as absent. The value belongs to
   * the store from then on: nobody changes it.
   */
  write(
    key: string,
    value: unknown,
    expected: ExpectedVersion,
    expiresAt: number,
    options?: StateWriteOptions,
  ): Promise<boolean>
}

export interface StateWriteOptions {
  /**
   * The item need not be durable before what is written next to any store of this host: it is durable
   * with that, or soon after when nothing comes. A host without transactions stores it at once.
   */
  readonly withNext?: boolean
}
