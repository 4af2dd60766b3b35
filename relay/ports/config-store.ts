import type { ConfigSnapshot } from '../model/config.ts'

export interface ConfigStore {
  /**
   * The cluster's set; `'unchanged'` when its revision is still `knownRevision`, undefined without
   * a set.
   */
  read(cluster: string, knownRevision?: string): Promise<ConfigSnapshot | 'unchanged' | undefined>
  /**
   * Whether the cluster's set is known to have this revision, without a look at what is stored. A
   * store to which others write too has no such method.
   */
  isCurrent?(cluster: string, revision: string): boolean
  /**
   * Replaces the cluster's set in one step, unless the stored one was taken later. `shipper` is the
   * version of the shipper that sent it; without it what an earlier one told stays.
   */
  replace(snapshot: ConfigSnapshot, shipper?: string): Promise<'replaced' | 'stale'>
}
