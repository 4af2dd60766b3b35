/** The path of a cluster below the relay's address. The routes of the cluster are below it. */
export function clusterPath(cluster: string): string {
  return `/v1/clusters/${encodeURIComponent(cluster)}`
}
