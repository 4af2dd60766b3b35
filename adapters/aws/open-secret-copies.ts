import type { SecretData } from '../../relay/model/secret.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import { createDynamoDbClient, createSecretsManagerClient } from './clients.ts'
import { DynamoDbStateStore } from './dynamodb-state.ts'
import { SecretCopyError } from './secret-copy-error.ts'
import { setId } from './secret-ids.ts'
import { SecretSetCopies } from './secret-set-copies.ts'
import { SecretSets } from './secret-sets.ts'
import { SecretsLock } from './secrets-lock.ts'
import {
  type KubernetesSecretName,
  SecretsManagerCopies,
  type SecretsManagerCopiesOptions,
  type WrittenCopy,
} from './secrets-manager-copies.ts'

export interface OpenSecretCopiesOptions extends Omit<SecretsManagerCopiesOptions, 'client'> {
  /** The table with the lock for writers. Without it each copy is a secret of its own. */
  readonly stateTable?: string | undefined
  readonly clock: Clock
}

/** Either kind of copies. */
export interface AnySecretCopies {
  readonly atOnce: number
  write(secret: KubernetesSecretName, data: SecretData): Promise<WrittenCopy>
  isCurrent(secret: KubernetesSecretName, versionId: string): Promise<boolean>
  remove(secret: KubernetesSecretName): Promise<'deleted' | 'absent' | 'foreign'>
}

/** The copies of a cluster, with what the SDK found in the environment. */
export interface OpenSecretCopies {
  readonly copies: AnySecretCopies
  /** The name of the place of the copies: region, prefix and cluster. */
  readonly target: string
  close(): void
}

/**
 * Opens the copies of a cluster. The SDK finds region and credentials in the environment, such as
 * an IAM role of the ServiceAccount. It sends no request yet. Rejects with `SecretCopyError` when
 * there is no region.
 */
export async function openSecretCopies({
  stateTable,
  clock,
  ...place
}: OpenSecretCopiesOptions): Promise<OpenSecretCopies> {
  const client = createSecretsManagerClient()
  const region = await client.config.region().catch((cause: unknown) => {
    client.destroy()
    const text = 'AWS Secrets Manager: the region is not known; set AWS_REGION'
    throw new SecretCopyError(text, { cause })
  })
  const single = new SecretsManagerCopies({ ...place, client })
  const target = `${region}/${setId(place.prefix, place.cluster)}`
  if (stateTable === undefined) return { copies: single, target, close: () => client.destroy() }
  const dynamoDb = createDynamoDbClient()
  const table = { client: dynamoDb, tableName: stateTable, clock }
  const lock = new SecretsLock({ state: new DynamoDbStateStore(table), clock })
  const sets = new SecretSets({ client, prefix: place.prefix, lock })
  const close = () => {
    client.destroy()
    dynamoDb.destroy()
  }
  return { copies: new SecretSetCopies({ ...place, sets, single }), target, close }
}
