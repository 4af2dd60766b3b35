import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { isAccount } from './aws-endpoints.ts'

export type SqsHandler = (
  event: SQSEvent,
  context: { getRemainingTimeInMillis(): number },
) => Promise<SQSBatchResponse>

/**
 * Seconds that a receive waits for messages. In an account one that does not wait may come back
 * empty, since it asks a part of the servers only; in an emulator waiting would cost time only.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
 */
export const RECEIVE_WAIT_S = isAccount ? 1 : 0

/** A context of an invocation with this much time left. */
export function contextWith(remainingMs = 60_000) {
  return { getRemainingTimeInMillis: () => remainingMs }
}

/** One round of Lambda's SQS poller. */
export interface PolledBatch {
  readonly records: readonly SQSRecord[]
  /** Ids of the messages that stay queued. */
  readonly failed: readonly string[]
}

/**
 * Plays Lambda's poller once, with ReportBatchItemFailures: receives a batch, invokes the function,
 * deletes what did not fail. What failed is visible again at once, so that a test need not wait.
 */
export async function pollOnce(
  client: SQSClient,
  queueUrl: string,
  handler: SqsHandler,
  remainingMs?: number,
): Promise<PolledBatch> {
  const { Messages: messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: RECEIVE_WAIT_S,
      VisibilityTimeout: 360,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  )
  const records = messages.map((message) => sqsRecord(message, queueUrl))
  if (records.length === 0) return { records, failed: [] }
  const { batchItemFailures } = await handler({ Records: records }, contextWith(remainingMs))
  const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
  for (const { messageId, receiptHandle: ReceiptHandle } of records) {
    const message = { QueueUrl: queueUrl, ReceiptHandle }
    await (failed.includes(messageId)
      ? client.send(new ChangeMessageVisibilityCommand({ ...message, VisibilityTimeout: 0 }))
      : client.send(new DeleteMessageCommand(message)))
  }
  return { records, failed }
}

/** The ARN of the queue with this URL. */
export function queueArn(queueUrl: string): string {
  return `arn:aws:sqs:eu-central-1:000000000000:${queueUrl.split('/').at(-1)}`
}

/** A record as Lambda makes it of a message. */
export function sqsRecord(message: Message, queueUrl: string): SQSRecord {
  const { Attributes: attributes = {} } = message
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: 'test',
      ApproximateFirstReceiveTimestamp: '0',
      ...attributes,
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(
        ([name, { StringValue, DataType = 'String' }]) => [
          name,
          {
            stringValue: StringValue ?? '',
            stringListValues: [],
            binaryListValues: [],
            dataType: DataType,
          },
        ],
      ),
    ),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn(queueUrl),
    awsRegion: 'eu-central-1',
  }
}
