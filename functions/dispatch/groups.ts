import type { SQSRecord } from 'aws-lambda'
import { decodeRetry } from '../../adapters/aws/sqs-message.ts'
import { DamagedRecord, LaterVersion } from '../../relay/model/stored/errors.ts'

/** The messages of a batch that have to be handled one after the other. */
export function groupsOf(records: readonly SQSRecord[]): ReadonlyArray<readonly SQSRecord[]> {
  return [...Map.groupBy(records, groupOf).values()]
}

/**
 * Only the groups of a FIFO queue have an order. That of a retry says whose it is, and is no reason to
 * wait: what must not run at the same time are copies of one retry, which SQS keeps when it is sent
 * again after a lost answer.
 */
function groupOf({ attributes, body, messageId }: SQSRecord): string {
  const { SequenceNumber, MessageGroupId } = attributes
  const group = SequenceNumber === undefined ? deliveryIdOf(body) : MessageGroupId
  return group ?? messageId
}

/** Undefined for a message that is no retry; what it is wrong for is found when it is handled. */
function deliveryIdOf(body: string): string | undefined {
  try {
    return decodeRetry(body).deliveryId
  } catch (error) {
    if (error instanceof DamagedRecord || error instanceof LaterVersion) return undefined
    throw error
  }
}
