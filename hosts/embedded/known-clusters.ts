import type { Clusters, KnownCluster } from '../../relay/ports/clusters.ts'
import type { ClusterReadings } from './gauges/readings.ts'

/** What the list is made of. */
export interface ClusterSources
  extends Pick<ClusterReadings, 'configurations' | 'earlierEvents' | 'isServed'> {
  /** The clusters that have tokens. */
  admitted(): Iterable<string>
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
      const tell = (cluster: string, told: Omit<KnownCluster, 'cluster'> = {}) =>
        known.set(cluster, { ...known.get(cluster), ...told, cluster })
      for (const cluster of sources.admitted()) tell(cluster)
      for (const [cluster, lastEventAt] of events) tell(cluster, { lastEventAt })
      for (const { cluster, takenAt, heardAt, shipper } of configurations) {
        tell(cluster, {
          configuredAt: takenAt,
          ...(typeof heardAt === 'number' && { heardAt }),
          ...(typeof shipper === 'string' && { shipper }),
        })
      }
      return [...known.values()].filter(({ cluster }) => sources.isServed(cluster))
    },
  }
}
