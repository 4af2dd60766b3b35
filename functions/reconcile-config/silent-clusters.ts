import type { Clock } from '../../relay/ports.ts'
import type { Log } from '../shared/log.ts'
import { reportSilentClusters, type WriteLine } from '../shared/metrics.ts'

/** A shipper sends its configuration every ten minutes; who missed it three times is silent. */
const SILENT_AFTER_MS = 30 * 60_000

/** What the check needs; `DynamoDbConfigStore` knows the clusters. */
export interface SilentClustersParts {
  readonly configs: {
    clustersSeen(): Promise<ReadonlyArray<{ readonly cluster: string; readonly takenAt: number }>>
  }
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly metricsNamespace: string
  readonly write: WriteLine
}

/** Counts the clusters that have gone silent, and names them in the log. Rejects with the store. */
export async function checkSilentClusters(parts: SilentClustersParts): Promise<void> {
  const { configs, clock, log, metricsNamespace, write } = parts
  const now = clock.now()
  const silent = (await configs.clustersSeen()).filter(
    ({ takenAt }) => now - takenAt > SILENT_AFTER_MS,
  )
  if (silent.length > 0) {
    const clusters = silent.map(({ cluster, takenAt }) => ({
      cluster,
      lastSeen: new Date(takenAt).toISOString(),
    }))
    log.warn('clusters are silent', { clusters })
  }
  reportSilentClusters(write, metricsNamespace, silent.length, now)
}
