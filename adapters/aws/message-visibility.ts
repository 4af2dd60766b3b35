import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'

/** A message that was received; an `SQSRecord` is one. */
export interface InFlightMessage {
  readonly receiptHandle: string
}

/** Sets when messages that are in flight can be received again. */
export interface MessageVisibility {
  /**
   * Makes messages visible again after `seconds`. Rejects with the SDK's errors, and when it takes
   * too long; the messages then return after their queue's own time.
   */
  comeBackAfter(
    queueUrl: string,
    messages: readonly InFlightMessage[],
    seconds: number,
  ): Promise<void>
}

/** How long to wait for SQS: a function that is about to end has two seconds left. Milliseconds. */
const PATIENCE_MS = 1_500

/** The most entries of a request. */
const MAX_ENTRIES = 10

/**
 * Makes the port on SQS:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html
 */
export function createMessageVisibility(client: SQSClient): MessageVisibility {
  return {
    async comeBackAfter(QueueUrl, messages, VisibilityTimeout) {
      const entries = messages.map(({ receiptHandle: ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout,
      }))
      for (let at = 0; at < entries.length; at += MAX_ENTRIES) {
        const Entries = entries.slice(at, at + MAX_ENTRIES)
        const { Failed: failed = [] } = await client.send(
          new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }),
          { abortSignal: AbortSignal.timeout(PATIENCE_MS) },
        )
        if (failed.length === 0) continue
        const codes = [...new Set(failed.map(({ Code }) => Code))].join(', ')
        throw new Error(`SQS keeps ${failed.length} messages for longer: ${codes}`)
      }
    },
  }
}
