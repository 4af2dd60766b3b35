import { SILENT_AFTER_MS, silentSince } from '../../relay/model/silent-cluster.ts'
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

/** Who reports silent clusters. */
export interface SilentClustersWatch {
  /** To be told when the clock was set, by how many milliseconds: what slept meanwhile heard nobody. */
  clockWasSet(byMs: number): void
  end(): void
}

/**
 * Reports clusters that become silent, and those that are heard again. While the relay was down it heard nobody, so a
 * cluster is silent only once the relay has listened for as long.
 */
export function watchSilentClusters(options: SilentClustersOptions): SilentClustersWatch {
  const { ports, clusters, log, intervalMs = 60_000 } = options
  const { clock } = ports
  let isEnded = false
  /** By `Clock.elapsed`. */
  let listensSince = clock.elapsed()
  const known = async () => {
    const all = await clusters.list()
    if (clock.elapsed() - listensSince >= SILENT_AFTER_MS) return all
    return all.filter(({ heardAt }) => silentSince(heardAt, clock.now()) === undefined)
  }
  const look = async () => {
    try {
      await reportSilentClusters(ports, await known())
    } catch (err) {
      // What the end of the relay interrupts is found at the next start.
      if (!isEnded) log.error({ err }, 'which clusters are silent could not be told')
    }
  }
  const timer = setInterval(() => void look(), intervalMs)
  timer.unref()
  return {
    clockWasSet(byMs) {
      if (byMs > 0) listensSince = clock.elapsed()
    },
    end() {
      isEnded = true
      clearInterval(timer)
    },
  }
}
