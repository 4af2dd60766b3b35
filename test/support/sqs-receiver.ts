import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { decodeEvent, decodeRetry, type ReceivedMessage } from '../../adapters/aws/sqs-message.ts'
import type { RetryMessage } from '../../relay/model/queue-messages.ts'
import type { ReceivingQueue } from '../contract/queue-contract.ts'
import { RECEIVE_WAIT_S } from './event-source-mapping.ts'

/** Receives as Lambda's poller does, for tests that look at the queue and no handler. */
export function sqsReceiver(
  client: SQSClient,
  eventsQueueUrl: string,
  retriesQueueUrl: string,
): ReceivingQueue {
  const handles = new Map<string, string>()

  async function receive<T>(
    QueueUrl: string,
    max: number,
    decode: (message: ReceivedMessage) => readonly [string, T],
  ): Promise<readonly T[]> {
    const { Messages: messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: max,
        WaitTimeSeconds: RECEIVE_WAIT_S,
        VisibilityTimeout: 60,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    )
    return messages.map((message) => {
      const [key, decoded] = decode(lambdaRecord(message))
      handles.set(key, message.ReceiptHandle ?? '')
      return decoded
    })
  }

  const take = async (QueueUrl: string, key: string) => {
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: handles.get(key) }))
  }

  const putBack = async (QueueUrl: string, key: string, notBefore: number) => {
    const VisibilityTimeout = Math.max(0, Math.ceil((notBefore - Date.now()) / 1_000))
    const ReceiptHandle = handles.get(key)
    const change = { QueueUrl, ReceiptHandle, VisibilityTimeout }
    await client.send(new ChangeMessageVisibilityCommand(change))
  }

  return {
    receiveEvents: (max) =>
      receive(eventsQueueUrl, max, (message) => {
        const event = decodeEvent(message)
        return [event.id, event]
      }),
    acknowledge: ({ id }) => take(eventsQueueUrl, id),
    release: ({ id }, notBefore) => putBack(eventsQueueUrl, id, notBefore),
    receiveRetries: (max) =>
      receive(retriesQueueUrl, max, ({ body }) => {
        const message = decodeRetry(body)
        return [keyOf(message), message]
      }),
    acknowledgeRetry: (message) => take(retriesQueueUrl, keyOf(message)),
    releaseRetry: (message, notBefore) => putBack(retriesQueueUrl, keyOf(message), notBefore),
  }
}

function keyOf({ deliveryId, attempt }: RetryMessage): string {
  return `${deliveryId} ${attempt}`
}

/** The parts of a Lambda record that matter here: other names than in the API's answer. */
export function lambdaRecord({ Body, MessageAttributes, Attributes }: Message): ReceivedMessage {
  const attributes = Object.entries(MessageAttributes ?? {})
  return {
    body: Body ?? '',
    messageAttributes: Object.fromEntries(
      attributes.map(([name, { StringValue }]) => [name, { stringValue: StringValue }]),
    ),
    attributes: { SequenceNumber: Attributes?.SequenceNumber },
  }
}
