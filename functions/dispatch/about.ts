import type { SQSRecord } from 'aws-lambda'
import { decodeEvent, decodeRetry } from '../../adapters/aws/sqs-message.ts'
import { objectName } from '../../relay/model/event.ts'

/** What a message is about, for people: an object, or a delivery. One that cannot be read is named by its id. */
export function aboutOf(record: SQSRecord): string {
  try {
    if (record.attributes.SequenceNumber === undefined) {
      return `delivery ${decodeRetry(record.body).deliveryId}`
    }
    const { cluster, event } = decodeEvent(record)
    return `${objectName(event.involvedObject)} of ${cluster}`
  } catch {
    return `message ${record.messageId}`
  }
}
