import type { ClusterSeen } from '../../adapters/aws/config-table.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Log } from '../shared/log.ts'
import type { StageMetrics } from '../shared/stage-metrics.ts'

/**
 * A cluster is silent after this time. A shipper sends its configuration every ten minutes, so it
 * has missed three times.
 */
const SILENT_AFTER_MS = 30 * 60_000

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
  const clusters = seen.flatMap(({ cluster, heardAt }) =>
    heardAt !== undefined && now - heardAt > SILENT_AFTER_MS
      ? [{ cluster, lastSeen: new Date(heardAt).toISOString() }]
      : [],
  )
  if (clusters.length > 0) log.warn('clusters are silent', { clusters })
  metrics.silentClusters(clusters.length)
}
