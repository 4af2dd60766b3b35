import type { ClusterSeen } from '../../adapters/aws/config-table.ts'
import { silentSince } from '../../relay/model/silent-cluster.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Log } from '../shared/log.ts'
import type { StageMetrics } from '../shared/stage-metrics.ts'

/** What counting needs. */
export interface SilentClustersParts {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly metrics: Pick<StageMetrics, 'silentClusters'>
}

/**
 * Counts the clusters that have become silent, and names them in the log. A cluster that never sent
 * anything itself is not silent.
 */
export function countSilentClusters(
  { clock, log, metrics }: SilentClustersParts,
  seen: readonly ClusterSeen[],
): void {
  const now = clock.now()
  const clusters = seen.flatMap(({ cluster, heardAt }) => {
    const since = silentSince(heardAt, now)
    return since === undefined ? [] : [{ cluster, lastSeen: new Date(since).toISOString() }]
  })
  if (clusters.length > 0) log.warn('clusters are silent', { clusters })
  metrics.silentClusters(clusters.length)
}
