import type { Clock } from '../../relay/ports.ts'
import type { Log } from '../shared/log.ts'
import type { StageMetrics } from '../shared/stage-metrics.ts'

/** A shipper sends its configuration every ten minutes; who missed it three times is silent. */
const SILENT_AFTER_MS = 30 * 60_000

/** What counting needs. */
export interface SilentClustersParts {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly metrics: Pick<StageMetrics, 'silentClusters'>
}

/** When a cluster last sent its configuration, in milliseconds since the epoch. */
interface ClusterSeen {
  readonly cluster: string
  readonly takenAt: number
}

/** Counts the clusters that have gone silent, and names them in the log. */
export function countSilentClusters(
  { clock, log, metrics }: SilentClustersParts,
  seen: readonly ClusterSeen[],
): void {
  const now = clock.now()
  const silent = seen.filter(({ takenAt }) => now - takenAt > SILENT_AFTER_MS)
  if (silent.length > 0) {
    const clusters = silent.map(({ cluster, takenAt }) => ({
      cluster,
      lastSeen: new Date(takenAt).toISOString(),
    }))
    log.warn('clusters are silent', { clusters })
  }
  metrics.silentClusters(silent.length)
}
