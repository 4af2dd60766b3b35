import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'
import { STSClient } from '@aws-sdk/client-sts'

export interface AwsClientOptions {
  /** The region; absent: as the SDK finds it, on Lambda in the function's environment. */
  readonly region?: string
  /**
   * The endpoint; absent: `AWS_ENDPOINT_URL` or `AWS_ENDPOINT_URL_<SERVICE>`, which the SDK reads,
   * or else AWS.
   */
  readonly endpoint?: string
  /** The credentials; absent: as the SDK finds them, on Lambda those of the function's role. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** The most sockets that a client keeps open. */
  readonly maxSockets?: number
}

/** The most tries of one request. Between them the SDK waits up to 20 s, longer each time. */
const MAX_ATTEMPTS = 4

/**
 * The time to connect. All services are in the function's region, where a connection takes a
 * millisecond or two.
 */
const CONNECTION_TIMEOUT_MS = 1_000

/**
 * The time for one request. The longest known answers, batches of the largest items, take less than
 * a second.
 */
const REQUEST_TIMEOUT_MS = 5_000

const MAX_SOCKETS = 64

/** A client for the stores. It keeps its connections alive. */
export function createDynamoDbClient(options: AwsClientOptions = {}): DynamoDBClient {
  return new DynamoDBClient(clientConfig(options))
}

/** A client for the queues. */
export function createSqsClient(options: AwsClientOptions = {}): SQSClient {
  return new SQSClient(clientConfig(options))
}

/** A client for the Secrets and tokens. */
export function createSecretsManagerClient(options: AwsClientOptions = {}): SecretsManagerClient {
  return new SecretsManagerClient(clientConfig(options))
}

/** A client for proofs of identity, which only the endpoints of regions give. */
export function createStsClient(options: AwsClientOptions = {}): STSClient {
  return new STSClient(clientConfig(options))
}

function clientConfig({ maxSockets = MAX_SOCKETS, ...options }: AwsClientOptions) {
  return {
    ...options,
    maxAttempts: MAX_ATTEMPTS,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      // Without this the SDK only warns, and waits on.
      throwOnRequestTimeout: true,
      httpsAgent: { keepAlive: true, maxSockets },
      httpAgent: { keepAlive: true, maxSockets },
    },
  }
}
