import type { ConfigStore } from '../relay/ports.ts'

/** Says whether a relay without tokens knows a cluster; rejects when the store fails. */
export type IsKnownCluster = (cluster: string) => Promise<boolean>

/** Known are the host's own cluster and every one that has a configuration. */
export function knownClusters(own: string, configs: ConfigStore): IsKnownCluster {
  // A configuration is replaced but never removed, so a cluster once known stays known.
  const known = new Set([own])
  return async (cluster) => {
    if (known.has(cluster)) return true
    if ((await configs.read(cluster)) === undefined) return false
    known.add(cluster)
    return true
  }
}
