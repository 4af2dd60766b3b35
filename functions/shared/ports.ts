import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { SQSClient } from '@aws-sdk/client-sqs'
import {
  createDynamoDbClient,
  createSecretsManagerClient,
  createSqsClient,
} from '../../adapters/aws/clients.ts'
import { DynamoDbTokens } from '../../adapters/aws/cluster-tokens.ts'
import {
  type DynamoDbConfigOptions,
  DynamoDbConfigStore,
} from '../../adapters/aws/dynamodb-config.ts'
import { DynamoDbLedger } from '../../adapters/aws/dynamodb-ledger.ts'
import { DynamoDbStateStore } from '../../adapters/aws/dynamodb-state.ts'
import { FollowedSets } from '../../adapters/aws/followed-sets.ts'
import { createOldestOpen, type OldestOpen } from '../../adapters/aws/oldest-open.ts'
import { SecretsManagerStore, SecretsManagerTokens } from '../../adapters/aws/secrets-manager.ts'
import { SqsQueue } from '../../adapters/aws/sqs.ts'
import { createOrderTimes } from '../../relay/pipeline/order.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { Environment } from './environment.ts'

/** The clients of the services. A container has one of each, so that connections are kept. */
export interface AwsClients {
  readonly dynamoDb: DynamoDBClient
  readonly sqs: SQSClient
  readonly secretsManager: SecretsManagerClient
}

/** Makes the clients with what the SDK finds in the function's environment. */
export function createClients(): AwsClients {
  return {
    dynamoDb: createDynamoDbClient(),
    sqs: createSqsClient(),
    secretsManager: createSecretsManagerClient(),
  }
}

/**
 * The ports that store and queue. The dispatch function adds those for sending, identities and
 * observing.
 */
export type StorePorts = Omit<
  Ports,
  'http' | 'nats' | 'mail' | 'observer' | 'configs' | 'identities'
> & {
  readonly configs: DynamoDbConfigStore
  readonly followedSets: FollowedSets
  readonly tokens: DynamoDbTokens
  /** The keys of signatures, which few clusters have. */
  readonly signingKeys: SecretsManagerTokens
  readonly oldestOpen: OldestOpen
}

/** Options of the stores. `reads` reads the items of all tables. */
export interface StoreOptions extends Pick<DynamoDbConfigOptions, 'hearsClusters' | 'reads'> {
  /** How long the credentials of clusters are remembered, in milliseconds; the default is five minutes. */
  readonly tokensMaxAgeMs?: number
}

/** Makes the ports on AWS. It sends no request yet. */
export function createStorePorts(
  environment: Environment,
  { dynamoDb, sqs, secretsManager }: AwsClients,
  clock: Clock,
  { reads, tokensMaxAgeMs, ...configOptions }: StoreOptions = {},
): StorePorts {
  const { eventsQueueUrl, retriesQueueUrl, retentionMs } = environment
  const database = { client: dynamoDb, clock, ...(reads && { reads }) }
  const table = (tableName: string) => ({ ...database, tableName })
  const secrets = { client: secretsManager, prefix: environment.secretPrefix, clock }
  const signingKeys = new SecretsManagerTokens(secrets)
  const configs = new DynamoDbConfigStore({
    ...table(environment.configTable),
    ...configOptions,
    ...(retentionMs !== undefined && { retentionMs }),
  })
  return {
    queue: new SqsQueue({ client: sqs, eventsQueueUrl, retriesQueueUrl, clock }),
    configs,
    modes: configs,
    followedSets: new FollowedSets(table(environment.configTable)),
    state: new DynamoDbStateStore(table(environment.stateTable)),
    ledger: new DynamoDbLedger({
      ...table(environment.ledgerTable),
      compactRecords: environment.compactRecords,
      ...(retentionMs !== undefined && { retentionMs }),
    }),
    secrets: new SecretsManagerStore(secrets),
    tokens: new DynamoDbTokens({
      ...{ ...table(environment.configTable), keys: signingKeys },
      ...(tokensMaxAgeMs !== undefined && { maxAgeMs: tokensMaxAgeMs }),
    }),
    signingKeys,
    oldestOpen: createOldestOpen(table(environment.ledgerTable)),
    clock,
    orderTimes: createOrderTimes(),
  }
}
