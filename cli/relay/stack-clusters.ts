import { writeMode } from '../../adapters/aws/cluster-modes.ts'
import { ClusterSecrets } from '../../adapters/aws/cluster-secrets.ts'
import { RetiredConfigs } from '../../adapters/aws/retired-config.ts'
import type { AwsClients, StorePorts } from '../../functions/shared/ports.ts'
import { systemClock } from '../../hosts/kit/system-clock.ts'
import type { StackOutputs } from './stack-outputs.ts'

const DAY_MS = 24 * 3_600_000

/** Changes what a relay on AWS stores of whole clusters. */
export interface StackClusters {
  /** Takes all that is stored of a cluster out of use; false when there is nothing. */
  retireCluster(cluster: string, recoveryDays: number): Promise<boolean>
  /** Brings back what was taken out of use: observed if it is to be so, and else as it was. */
  restoreCluster(cluster: string, isObserved: boolean): Promise<void>
  /** Sets whether a cluster is observed; false when there is no such cluster. */
  setObserved(cluster: string, isObserved: boolean): Promise<boolean>
}

export function stackClusters(
  { dynamoDb, secretsManager }: Pick<AwsClients, 'dynamoDb' | 'secretsManager'>,
  {
    ConfigTable: tableName,
    SecretPrefix: prefix,
  }: Pick<StackOutputs, 'ConfigTable' | 'SecretPrefix'>,
  hashes: StorePorts['tokens'],
): StackClusters {
  const configs = new RetiredConfigs({ client: dynamoDb, tableName, clock: systemClock })
  const secrets = new ClusterSecrets({ client: secretsManager, prefix })
  return {
    async retireCluster(cluster, recoveryDays) {
      const keptMs = recoveryDays * DAY_MS
      const hadConfig = await configs.retire(cluster, keptMs)
      const retired = await secrets.retire(cluster, recoveryDays)
      // After what they are the proof of, so that a deletion that was interrupted can be asked for again.
      const hadTokens = await hashes.retire(cluster, keptMs)
      // Until then its shipper could send it once more.
      await configs.retire(cluster, keptMs)
      return hadConfig || hadTokens || retired > 0
    },
    async restoreCluster(cluster, isObserved) {
      await configs.restore(cluster, isObserved)
      await secrets.restore(cluster, (await hashes.readHashes(cluster))?.retiredAt)
      await hashes.restore(cluster, isObserved)
    },
    setObserved: (cluster, isObserved) => writeMode(dynamoDb, tableName, cluster, isObserved),
  }
}
