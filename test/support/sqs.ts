import { randomUUID } from 'node:crypto'
import { CreateQueueCommand, DeleteQueueCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll } from 'vitest'
import { createSqsClient } from '../../adapters/aws/clients.ts'
import { type AwsEndpoint, fitted, startSqs } from './aws-endpoints.ts'

/** The two queues of a relay, new ones for each test. */
export interface OpenQueues {
  readonly client: SQSClient
  readonly eventsQueueUrl: string
  readonly retriesQueueUrl: string
  close(): Promise<void>
}

/** Runs SQS for a test file. */
export function sqs(): { openQueues(): Promise<OpenQueues> } {
  let endpoint: AwsEndpoint
  let client: SQSClient
  beforeAll(async () => {
    endpoint = await startSqs()
    client = fitted(createSqsClient(endpoint.options))
  })
  afterAll(async () => {
    client.destroy()
    await endpoint.stop()
  })
  return {
    async openQueues() {
      const name = `flux-relay-test-${randomUUID()}`
      const eventsQueueUrl = await createQueue(client, `${name}.fifo`, {
        FifoQueue: 'true',
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
      })
      const retriesQueueUrl = await createQueue(client, name, {})
      const close = async () => {
        for (const QueueUrl of [eventsQueueUrl, retriesQueueUrl]) {
          await client.send(new DeleteQueueCommand({ QueueUrl }))
        }
      }
      return { client, eventsQueueUrl, retriesQueueUrl, close }
    },
  }
}

async function createQueue(
  client: SQSClient,
  QueueName: string,
  Attributes: Record<string, string>,
): Promise<string> {
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName, Attributes }))
  if (QueueUrl === undefined) throw new Error(`the queue ${QueueName} has no address`)
  return QueueUrl
}
