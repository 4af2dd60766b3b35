import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import { isTestAlert } from '../../relay/model/test-alert.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Clusters, KnownCluster } from '../../relay/ports/clusters.ts'
import { mapConcurrently } from './concurrency.ts'
import { ConfigTable } from './config-table.ts'
import { namesOf, textOf } from './dynamodb-item.ts'
import { separateReads } from './item-reads.ts'
import { parsePosition } from './ledger-item.ts'
import { LEDGER_INDEXES } from './tables.ts'

export interface KnownClustersOptions {
  readonly client: DynamoDBClient
  /** `CONFIG_TABLE`. */
  readonly configTable: string
  /** `LEDGER_TABLE`. */
  readonly ledgerTable: string
  readonly clock: Clock
}

const CONCURRENT_CLUSTERS = 8

/** The newest records among which an event is looked for that is no test of a Provider. */
const NEWEST = 25

/**
 * The clusters on DynamoDB: those of the config table's index, of each its pointer, the item of its tokens, and
 * the newest entry of the ledger's index.
 */
export function createKnownClusters(options: KnownClustersOptions): Clusters {
  const { client, configTable, clock } = options
  const configs = new ConfigTable(client, configTable, separateReads({ client, clock }))
  return {
    async list() {
      const names = (await configs.clustersSeen()).map(({ cluster }) => cluster)
      return mapConcurrently(names, CONCURRENT_CLUSTERS, (cluster) =>
        knownCluster(options, configs, cluster),
      )
    },
  }
}

async function knownCluster(
  options: KnownClustersOptions,
  configs: ConfigTable,
  cluster: string,
): Promise<KnownCluster> {
  const [pointer, admission, lastEventAt] = await Promise.all([
    configs.readPointer(cluster),
    configs.readAdmission(cluster),
    latestAccepted(options, cluster),
  ])
  const { heardAt, shipper } = pointer ?? {}
  const { isObserved, ...tokens } = admission
  const observed = pointer ? pointer.observed : isObserved
  return {
    cluster,
    ...tokens,
    ...(lastEventAt !== undefined && { lastEventAt }),
    ...(pointer && { configuredAt: pointer.takenAt }),
    ...(heardAt !== undefined && { heardAt }),
    ...(shipper !== undefined && { shipper }),
    ...(observed && { observed }),
  }
}

async function latestAccepted(
  { client, ledgerTable }: KnownClustersOptions,
  cluster: string,
): Promise<number | undefined> {
  const { name, key } = LEDGER_INDEXES.byCluster
  const query = new QueryCommand({
    TableName: ledgerTable,
    IndexName: name,
    KeyConditionExpression: `#${key.partition} = :cluster`,
    ExpressionAttributeNames: namesOf(key.partition, key.sort, 'alert'),
    ExpressionAttributeValues: { ':cluster': { S: cluster } },
    ProjectionExpression: `#${key.sort}, #alert`,
    ScanIndexForward: false,
    Limit: NEWEST,
  })
  const { Items: items = [] } = await client.send(query)
  const item = items.find((it) => !isTestAlert(textOf(it, 'alert')))
  return item && parsePosition(textOf(item, key.sort) ?? '').acceptedAt
}
