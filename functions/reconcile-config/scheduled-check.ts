import type { ClusterSeen } from '../../adapters/aws/config-table.ts'
import { reportSilentClusters } from '../../relay/pipeline/self/cluster-reports.ts'
import type { TroublePorts } from '../../relay/pipeline/self/troubles.ts'
import { measureOldestOpen, type OldestOpenParts } from './oldest-open.ts'
import { countSilentClusters, type SilentClustersParts } from './silent-clusters.ts'

/** What the check needs; `DynamoDbConfigStore` knows the clusters. */
export interface ScheduledCheckParts extends SilentClustersParts, OldestOpenParts, TroublePorts {
  readonly clock: TroublePorts['clock']
  readonly configs: { clustersSeen(): Promise<readonly ClusterSeen[]> }
  readonly metrics: SilentClustersParts['metrics'] & OldestOpenParts['metrics']
}

/**
 * Checks what no event reports: which clusters are silent, and how long deliveries wait. Rejects
 * when a store fails.
 */
export async function runScheduledCheck(parts: ScheduledCheckParts): Promise<void> {
  const seen = await parts.configs.clustersSeen()
  countSilentClusters(parts, seen)
  const clusters = seen.map(({ cluster }) => cluster)
  await measureOldestOpen(parts, clusters)
  // Last: alarms need the metrics, whatever becomes of this.
  await reportSilentClusters(parts, seen)
}
