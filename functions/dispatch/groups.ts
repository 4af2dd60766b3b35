import type { SQSRecord } from 'aws-lambda'
import { decodeRetry } from '../../adapters/aws/sqs-message.ts'
import { DamagedRecord, LaterVersion } from '../../relay/model/stored/errors.ts'

/** The messages of a batch that have to be handled one after the other. */
export function groupsOf(records: readonly SQSRecord[]): ReadonlyArray<readonly SQSRecord[]> {
  return [...Map.groupBy(records, groupOf).values()]
}

/**
 * Only messages of a FIFO queue have groups. A retry's is its delivery: SQS keeps every copy of a
 * retry that is sent again after a lost answer, and copies at the same time would all be tried.
 */
function groupOf({ attributes, body, messageId }: SQSRecord): string {
  return attributes.MessageGroupId ?? deliveryIdOf(body) ?? messageId
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
