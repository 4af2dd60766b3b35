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
 *
 * The destination is named, since SQS knows the source only of what it moved itself, and not of what dispatch sent:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/troubleshooting-dlq-redrive.html
 */
export async function moveDeadLetters(
  client: SQSClient,
  queueUrls: readonly string[],
): Promise<readonly string[]> {
  const moves = await Promise.all(
    queueUrls.map(async (url) => {
      const attributes = await attributesOf(client, url, 'QueueArn', 'RedrivePolicy')
      return { SourceArn: deadLetterArnIn(attributes, url), DestinationArn: attributes.QueueArn }
    }),
  )
  for (const move of moves) await client.send(new StartMessageMoveTaskCommand(move))
  return moves.map(({ SourceArn }) => SourceArn)
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
  return deadLetterArnIn(await attributesOf(client, queueUrl, 'RedrivePolicy'), queueUrl)
}

type Attributes = Readonly<Record<string, string>>

function deadLetterArnIn(attributes: Attributes, queueUrl: string): string {
  const policy: unknown = JSON.parse(attributes.RedrivePolicy ?? '{}')
  const arn: unknown = Object(policy).deadLetterTargetArn
  if (typeof arn !== 'string') throw new Error(`${queueUrl} has no dead-letter queue`)
  return arn
}

async function attributesOf(
  client: SQSClient,
  QueueUrl: string,
  ...names: QueueAttributeName[]
): Promise<Attributes> {
  const { Attributes: attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: names }),
  )
  return attributes
}
