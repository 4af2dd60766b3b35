import type { Awaitable } from '../model/awaitable.ts'

/** Whether what is decided for a cluster is carried out. */
export interface ClusterModes {
  /**
   * Whether the cluster is observed: all that its events lead to is decided and recorded, and nothing
   * is sent. The answer is that of the time of this call. Rejects when a store fails.
   */
  isObserved(cluster: string): Awaitable<boolean>
}

/** The modes of a host that observes no cluster. */
export const ALL_LIVE: ClusterModes = { isObserved: () => false }
