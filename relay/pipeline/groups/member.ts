import type { DeliveryRecord, EventOrder, Status } from '../../model/delivery.ts'
import { type InvolvedObject, objectName } from '../../model/event.ts'
import { cutText, ellipsize } from '../../model/text.ts'
import { lastingFailureOf, sinceText } from '../lasting-failure.ts'

/** How much of an object's last message is shown, in UTF-16 units. */
const MAX_SAID_LENGTH = 200

/** A delivery that a message of its group tells of: what the message needs, and not the event, which may be megabytes. */
export interface Member {
  readonly id: string
  readonly order: EventOrder
  /** When its event was accepted, in milliseconds since the epoch. */
  readonly acceptedAt: number
  readonly involvedObject: Pick<InvolvedObject, 'kind' | 'namespace' | 'name'>
  /** The name of its object. */
  readonly object: string
  /** Whether it reminds of a failure that lasts, whatever came since. */
  readonly isReminder: boolean
  readonly severity: string
  readonly reason: string
  /** The reason and the first line of the event's message, after how long its failure has lasted. Cut. */
  readonly said: string
}

export function memberOf(record: DeliveryRecord<Status>): Member {
  const { id, order, acceptedAt, event } = record
  const { kind, namespace, name } = event.involvedObject
  const [firstLine = ''] = event.message.split('\n', 1)
  const lasting = lastingFailureOf(record)
  const since = lasting ? sinceText(lasting) : ''
  const words = [since, event.reason, firstLine].filter((word) => word !== '').join(': ')
  // A copy, since V8 keeps the whole text alive of which another one is a part.
  return structuredClone({
    ...{ id, order, acceptedAt },
    involvedObject: { kind, namespace, name },
    object: objectName(event.involvedObject),
    isReminder: record.reminder !== undefined,
    severity: cutText(event.severity, MAX_SAID_LENGTH),
    reason: cutText(event.reason, MAX_SAID_LENGTH),
    said: ellipsize(words, MAX_SAID_LENGTH),
  })
}
