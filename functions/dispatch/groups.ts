import type { SQSRecord } from 'aws-lambda'
import { decodeRetry } from '../../adapters/aws/sqs-message.ts'
import { DamagedRecord, LaterVersion } from '../../relay/model/stored/errors.ts'

/** The groups of a batch. The messages of a group are handled one after the other. */
export function groupsOf(records: readonly SQSRecord[]): ReadonlyArray<readonly SQSRecord[]> {
  return [...Map.groupBy(records, groupOf).values()]
}

/**
 * The group of a message. Only FIFO queues have groups with an order. The message group of a retry
 * names its cluster, and is no reason to wait; only copies of one retry must not run at the same
 * time, which SQS keeps when it is sent again after a lost answer.
 */
function groupOf({ attributes, body, messageId }: SQSRecord): string {
  const { SequenceNumber, MessageGroupId } = attributes
  const group = SequenceNumber === undefined ? deliveryIdOf(body) : MessageGroupId
  return group ?? messageId
}

/** The delivery of a retry; undefined for any other message, whose error is found when it is handled. */
function deliveryIdOf(body: string): string | undefined {
  try {
    return decodeRetry(body).deliveryId
  } catch (error) {
    if (error instanceof DamagedRecord || error instanceof LaterVersion) return undefined
    throw error
  }
}
