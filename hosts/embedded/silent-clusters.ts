import {
  type HeardCluster,
  reportSilentClusters,
} from '../../relay/pipeline/self/cluster-reports.ts'
import type { TroublePorts } from '../../relay/pipeline/self/troubles.ts'
import type { Log } from '../kit/log.ts'

export interface SilentClustersOptions {
  readonly ports: TroublePorts
  /** The clusters in use, and when each sent its configuration last. */
  readonly clusters: { list(): Promise<readonly HeardCluster[]> }
  readonly log: Pick<Log, 'error'>
  /** Milliseconds between two looks. */
  readonly intervalMs?: number
}

/** Reports clusters that become silent, and those that are heard again. Returns what ends it. */
export function watchSilentClusters(options: SilentClustersOptions): () => void {
  const { ports, clusters, log, intervalMs = 60_000 } = options
  let isEnded = false
  const look = async () => {
    try {
      await reportSilentClusters(ports, await clusters.list())
    } catch (err) {
      // What the end of the relay interrupts is found at the next start.
      if (!isEnded) log.error({ err }, 'which clusters are silent could not be told')
    }
  }
  const timer = setInterval(() => void look(), intervalMs)
  timer.unref()
  return () => {
    isEnded = true
    clearInterval(timer)
  }
}
