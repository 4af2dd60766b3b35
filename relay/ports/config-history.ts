import type { ConfigSnapshot } from '../model/config.ts'

/** Every revision of the clusters' sets, for as long as the ledger keeps the records that name it. */
export interface ConfigHistory {
  /**
   * The cluster's set of this revision, in force now or before. `revision` may be its beginning. Undefined
   * if it never was in force, or was replaced longer ago than the ledger keeps what is done.
   */
  readRevision(cluster: string, revision: string): Promise<ConfigSnapshot | undefined>
}
