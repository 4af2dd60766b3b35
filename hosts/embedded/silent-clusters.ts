import { SILENT_AFTER_MS, silentSince } from '../../relay/model/silent-cluster.ts'
import {
  type HeardCluster,
  reportDeletedClusters,
  reportSilentClusters,
} from '../../relay/pipeline/self/cluster-reports.ts'
import type { TroublePorts } from '../../relay/pipeline/self/troubles.ts'
import type { Log } from '../kit/log.ts'
import type { TokensFileContent } from './tokens.ts'

export interface SilentClustersOptions {
  readonly ports: TroublePorts
  /** The clusters in use, and when each sent its configuration last. */
  readonly clusters: { list(): Promise<readonly HeardCluster[]> }
  /** The tokens in force; undefined where none are needed. */
  readonly tokens: () => Pick<TokensFileContent, 'clusters' | 'retired'> | undefined
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
 * Reports clusters that become silent, and those that are heard again or deleted. While the relay was down it heard nobody, so a
 * cluster is silent only once the relay has listened for as long.
 */
export function watchSilentClusters(options: SilentClustersOptions): SilentClustersWatch {
  const { ports, clusters, tokens, log, intervalMs = 60_000 } = options
  const { clock } = ports
  let isEnded = false
  /** By `Clock.elapsed`. */
  let listensSince = clock.elapsed()
  const known = async () => {
    const all = await clusters.list()
    if (clock.elapsed() - listensSince >= SILENT_AFTER_MS) return all
    return all.filter(({ heardAt }) => silentSince(heardAt, clock.now()) === undefined)
  }
  // When each was deleted of which nothing is left to tell: the file goes on naming them.
  const told = new Map<string, string>()
  const tellOfDeleted = async () => {
    const { clusters: admitted, retired } = tokens() ?? {}
    const deletedAt = new Map([...(retired ?? [])].map(([cluster, { at }]) => [cluster, at]))
    // Who gives it tokens again by hand may leave the entry there.
    const untold = [...deletedAt.keys()].filter(
      (cluster) => !admitted?.has(cluster) && told.get(cluster) !== deletedAt.get(cluster),
    )
    await reportDeletedClusters(ports, untold, (cluster) => {
      told.set(cluster, deletedAt.get(cluster) ?? '')
    })
  }
  const tellOfSilent = async () => reportSilentClusters(ports, await known())
  const look = async () => {
    for (const tell of [tellOfDeleted, tellOfSilent]) {
      await tell().catch((err) => {
        // What the end of the relay interrupts is found at the next start.
        if (!isEnded) log.error({ err }, 'which clusters are silent, or deleted, could not be told')
      })
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
