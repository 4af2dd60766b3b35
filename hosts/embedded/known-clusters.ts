import type { Clusters, KnownCluster } from '../../relay/ports/clusters.ts'
import type { ClusterReadings } from './gauges/readings.ts'
import type { NotTakenCounts } from './not-taken-counts.ts'
import type { Spools } from './spools.ts'
import type { Tokens } from './tokens.ts'

/** What the list is made of. */
export interface ClusterSources
  extends Pick<ClusterReadings, 'configurations' | 'earlierEvents' | 'isServed'> {
  /** The clusters that have tokens, each with how many. */
  admitted(): Iterable<readonly [string, number]>
  readonly notTaken: Pick<NotTakenCounts, 'byCluster'>
  readonly spools: Pick<Spools, 'of'>
  isObserved(cluster: string): boolean
}

/** The clusters of this host: those with tokens, with a configuration, or with records. */
export function createKnownClusters(sources: ClusterSources): Clusters {
  return {
    async list() {
      const [configurations, events] = await Promise.all([
        sources.configurations(),
        sources.earlierEvents(),
      ])
      const known = new Map<string, KnownCluster>()
      const tell = (cluster: string, told: Omit<KnownCluster, 'cluster'>) =>
        known.set(cluster, { ...known.get(cluster), ...told, cluster })
      for (const [cluster, tokens] of sources.admitted()) tell(cluster, { tokens })
      for (const [cluster, lastEventAt] of events) tell(cluster, { lastEventAt })
      for (const { cluster, takenAt, notReady, heardAt, shipper } of configurations) {
        tell(cluster, {
          configuredAt: takenAt,
          notReady,
          ...(typeof heardAt === 'number' && { heardAt }),
          ...(typeof shipper === 'string' && { shipper }),
        })
      }
      const notTaken = sources.notTaken.byCluster()
      return [...known.values()]
        .filter(({ cluster }) => sources.isServed(cluster))
        .map((it) => ({
          ...it,
          ...spoolOf(sources, it.cluster),
          notTaken: notTaken.get(it.cluster) ?? [],
          ...(sources.isObserved(it.cluster) && { observed: true }),
        }))
    },
    unknownSenders: () => sources.notTaken.byCluster().get(undefined) ?? [],
  }
}

function spoolOf({ spools }: ClusterSources, cluster: string): Pick<KnownCluster, 'spool'> {
  const spool = spools.of(cluster)
  return spool ? { spool } : {}
}

/** How many tokens each cluster has. */
export function* tokenCounts(
  tokens: Pick<Tokens, 'clusters'> | undefined,
): Iterable<readonly [string, number]> {
  for (const [cluster, own] of tokens?.clusters ?? []) yield [cluster, own.length]
}
