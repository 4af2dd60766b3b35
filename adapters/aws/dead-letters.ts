import {
  GetQueueAttributesCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'

/**
 * Puts the messages that dispatch could not process at all back into their queues; SQS moves them
 * in the background. Resolves with the ARNs of the dead-letter queues. Rejects when a queue has none,
 * and with the SDK's errors.
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

async function deadLetterArn(client: SQSClient, QueueUrl: string): Promise<string> {
  const { Attributes: attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] }),
  )
  const policy: unknown = JSON.parse(attributes?.RedrivePolicy ?? '{}')
  const arn: unknown = Object(policy).deadLetterTargetArn
  if (typeof arn !== 'string') throw new Error(`${QueueUrl} has no dead-letter queue`)
  return arn
}
