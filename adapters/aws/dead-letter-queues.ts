import { type MessageAttributeValue, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { cutText } from '../../relay/model/text.ts'
import type { SetAsideReason } from '../../relay/ports/quarantine.ts'
import { deadLetterUrl } from './dead-letters.ts'
import { MAX_BATCH_BYTES } from './sqs-message.ts'

/** A message as a Lambda function receives it; an `SQSRecord` is one. */
export interface RejectedMessage {
  readonly messageId: string
  readonly body: string
  readonly messageAttributes: Readonly<
    Record<
      string,
      { readonly stringValue?: string | undefined; readonly dataType: string } | undefined
    >
  >
  readonly attributes: {
    readonly MessageGroupId?: string | undefined
    /** Of a message of a FIFO queue. */
    readonly SequenceNumber?: string | undefined
  }
}

/** Keeps messages apart, each in the dead-letter queue of its own queue. */
export interface DeadLetterQueues {
  /** The message of `queueUrl` may be acknowledged once it resolves; rejects with the SDK's errors. */
  add(queueUrl: string, message: RejectedMessage, reason: SetAsideReason): Promise<void>
}

/** Attributes that tell why. What moves a message back leaves them on it. */
const CAUSE = 'cause'
const REJECTIONS = 'rejections'

const MAX_CAUSE_LENGTH = 1_000

/** Most bytes of a character, and what names and types of the attributes here count for. */
const BYTES_A_CHARACTER = 4
const ATTRIBUTE_BYTES = 100

/** The queues are found by the redrive policies, which are read once each. */
export function createDeadLetterQueues(client: SQSClient): DeadLetterQueues {
  const urls = new Map<string, string>()
  return {
    async add(queueUrl, message, reason) {
      const QueueUrl = urls.get(queueUrl) ?? (await deadLetterUrl(client, queueUrl))
      urls.set(queueUrl, QueueUrl)
      const { MessageGroupId, SequenceNumber } = message.attributes
      await client.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: message.body,
          MessageAttributes: { ...attributesOf(message), ...whyOf(message, reason) },
          ...(MessageGroupId && { MessageGroupId }),
          // What is moved back gets another id, so that it can be set aside again at once.
          ...(SequenceNumber && { MessageDeduplicationId: message.messageId }),
        }),
      )
    },
  }
}

type Attributes = Readonly<Record<string, MessageAttributeValue>>

function attributesOf({ messageAttributes }: RejectedMessage): Attributes {
  return Object.fromEntries(
    Object.entries(messageAttributes).flatMap(([name, attribute]) => {
      if (name === CAUSE || name === REJECTIONS || !attribute?.stringValue) return []
      return [[name, { DataType: attribute.dataType, StringValue: attribute.stringValue }]]
    }),
  )
}

/** As much of the cause as SQS takes beside the body. */
function whyOf(message: RejectedMessage, { cause, rejections }: SetAsideReason): Attributes {
  const left = MAX_BATCH_BYTES - Buffer.byteLength(message.body) - ATTRIBUTE_BYTES
  const fitting = Math.min(MAX_CAUSE_LENGTH, Math.floor(left / BYTES_A_CHARACTER))
  if (fitting < 1) return {}
  const text = cutText(cause.replace(REFUSED, '\uFFFD'), fitting)
  return {
    [CAUSE]: { DataType: 'String', StringValue: text === '' ? 'unknown' : text },
    [REJECTIONS]: { DataType: 'Number', StringValue: String(rejections) },
  }
}

/**
 * What SQS takes in no text, lone surrogates included; and pairs, which not every service that
 * speaks SQS takes.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const REFUSED = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/gu
