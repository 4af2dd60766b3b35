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
    /** The sequence number, for a message of a FIFO queue. */
    readonly SequenceNumber?: string | undefined
  }
}

/** Sets messages aside, each in the dead-letter queue of its own queue. */
export interface DeadLetterQueues {
  /**
   * Adds a message of the queue `queueUrl`, which may be acknowledged once this resolves. Rejects
   * with the SDK's errors.
   */
  add(queueUrl: string, message: RejectedMessage, reason: SetAsideReason): Promise<void>
}

/** The attributes that tell the cause. They stay on a message that is moved back. */
const CAUSE = 'cause'
const REJECTIONS = 'rejections'

const MAX_CAUSE_LENGTH = 1_000

/** The most bytes of a character, and what the names and types of these attributes count for. */
const BYTES_A_CHARACTER = 4
const ATTRIBUTE_BYTES = 100

/** Finds the dead-letter queues by the redrive policies, which are read once each. */
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

/** The attributes with the cause, cut to what SQS accepts beside the body. */
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
 * The characters that SQS refuses in a text, including lone surrogates; and surrogate pairs, which
 * some services with SQS's API refuse.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const REFUSED = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/gu
