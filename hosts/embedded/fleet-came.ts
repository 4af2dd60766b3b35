import { isClosed } from '../../adapters/sqlite/database-error.ts'
import { clustersInFleet } from '../../relay/pipeline/fleet.ts'
import type { Clusters } from '../../relay/ports/clusters.ts'
import { type ConfigurationHeirs, configurationCame } from './configuration-came.ts'
import type { Configurations } from './configurations/configurations.ts'

/** What the fleet may change. */
interface FleetHeirs extends ConfigurationHeirs {
  readonly configurations: Configurations
  readonly clusters: Clusters
}

/**
 * Does what follows when Providers or Secrets of the fleet have come: they are judged, and so is each cluster with
 * an Alert that leads there, whose deliveries that waited go out then. Never rejects, as `configurationCame`.
 */
export async function fleetCame(heirs: FleetHeirs): Promise<void> {
  const { configurations, clusters, ports, log } = heirs
  try {
    await configurations.fleet.judgeAgain()
    const names = (await clusters.list()).map(({ cluster }) => cluster)
    for await (const cluster of clustersInFleet(ports.configs, names)) {
      await configurationCame(heirs, cluster, () => configurations.judgeAgain(cluster))
    }
  } catch (err) {
    if (!isClosed(err))
      log.error({ err }, 'the fleet has changed, but not all clusters could be judged by it')
  }
}
