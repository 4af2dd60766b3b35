import {
  GetQueueAttributesCommand,
  type QueueAttributeName,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'

/**
 * Puts the messages that dispatch could not process back into their queues. SQS moves them in the
 * background. Resolves with the ARNs of the dead-letter queues. Rejects when a queue has none, and
 * with the SDK's errors.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export async function moveDeadLetters(
  client: SQSClient,
  queueUrls: readonly string[],
): Promise<readonly string[]> {
  const arns = await Promise.all(queueUrls.map((url) => deadLetterArn(client, url)))
  for (const SourceArn of arns) await client.send(new StartMessageMoveTaskCommand({ SourceArn }))
  return arns
}

/**
 * The approximate number of messages in each queue's dead-letter queue. Rejects as
 * `moveDeadLetters` does.
 */
export async function countDeadLetters(
  client: SQSClient,
  queueUrls: readonly string[],
): Promise<ReadonlyArray<{ readonly arn: string; readonly messages: number }>> {
  return Promise.all(
    queueUrls.map(async (url) => {
      const arn = await deadLetterArn(client, url)
      const name = 'ApproximateNumberOfMessages'
      const attributes = await attributesOf(client, queueUrlOf(arn, url), name)
      return { arn, messages: Number(attributes[name] ?? 0) }
    }),
  )
}

/** The URL of a queue's dead-letter queue. Rejects as `moveDeadLetters` does. */
export async function deadLetterUrl(client: SQSClient, queueUrl: string): Promise<string> {
  return queueUrlOf(await deadLetterArn(client, queueUrl), queueUrl)
}

/** The URL of a dead-letter queue, which is in the account and the region of its queue. */
function queueUrlOf(arn: string, sibling: string): string {
  return sibling.slice(0, sibling.lastIndexOf('/') + 1) + arn.slice(arn.lastIndexOf(':') + 1)
}

async function deadLetterArn(client: SQSClient, queueUrl: string): Promise<string> {
  const attributes = await attributesOf(client, queueUrl, 'RedrivePolicy')
  const policy: unknown = JSON.parse(attributes.RedrivePolicy ?? '{}')
  const arn: unknown = Object(policy).deadLetterTargetArn
  if (typeof arn !== 'string') throw new Error(`${queueUrl} has no dead-letter queue`)
  return arn
}

async function attributesOf(
  client: SQSClient,
  QueueUrl: string,
  name: QueueAttributeName,
): Promise<Readonly<Record<string, string>>> {
  const { Attributes: attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] }),
  )
  return attributes
}
