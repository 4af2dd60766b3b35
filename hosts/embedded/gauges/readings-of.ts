import type { ParkedDestinations } from '../../../relay/pipeline/destinations/destinations.ts'
import type { ManifestsConfig } from '../manifests-config.ts'
import type { Stores } from '../stores.ts'
import type { Tokens } from '../tokens.ts'
import type { ClusterReadings, StoreReadings } from './readings.ts'

/** What the metrics are read from. */
interface Readable {
  readonly stores: Pick<Stores, 'configs' | 'readings' | 'queue'>
  /** The configuration of the manifests folder; absent when there is no folder. */
  readonly folder?: Pick<ManifestsConfig, 'summary'> | undefined
  readonly destinations: ParkedDestinations
  /** The tokens in force; undefined where none are needed. */
  readonly tokens: () => Pick<Tokens, 'clusters'> | undefined
}

/** What the metrics ask the host at every scrape. */
export function readingsOf({ stores, folder, destinations, tokens }: Readable): {
  readonly clusters: ClusterReadings
  readonly store: StoreReadings
} {
  const { configs, readings, queue } = stores
  return {
    clusters: {
      earlierEvents: readings.latestAccepted,
      async configurations() {
        const own = folder?.summary()
        const sent = (await configs.summaries()).filter(({ cluster }) => cluster !== own?.cluster)
        return [
          ...(own ? [{ ...own, source: 'folder' as const }] : []),
          ...sent.map((summary) => ({ ...summary, source: 'sent' as const })),
        ]
      },
      isServed(cluster) {
        const { clusters } = tokens() ?? {}
        return (
          clusters === undefined || clusters.has(cluster) || cluster === folder?.summary()?.cluster
        )
      },
      parkedCounts: () => destinations.parkedCounts(),
    },
    store: {
      async oldestOpen() {
        const [waiting, { oldestEventAt }] = await Promise.all([
          readings.oldestWaiting(),
          queue.depth(),
        ])
        const times = [waiting, oldestEventAt].filter((at) => at !== undefined)
        return times.length === 0 ? undefined : Math.min(...times)
      },
      deadCount: readings.deadCount,
      diskSpace: readings.diskSpace,
    },
  }
}
