import type { ListedRecord } from '../model/delivery.ts'

/** What is looked for in records that no index of a ledger knows; every given part must fit. */
export interface DeliveryMatch {
  /** The reason of the event, whatever the case. */
  readonly reason?: string | undefined
  /** The severity of the event, whatever the case. */
  readonly severity?: string | undefined
  /** A part of the message of the event or of the reason of the outcome, whatever the case. */
  readonly text?: string | undefined
}

/** Whether a record is what is looked for. One that cannot be read has no event to look at. */
export function isMatch(record: ListedRecord, { reason, severity, text }: DeliveryMatch): boolean {
  const isReadable = record.kind !== 'unreadable'
  const event = isReadable ? record.event : undefined
  const texts = isReadable ? [record.event.message, record.status.reason] : [record.reason]
  return (
    isSame(event?.reason, reason) &&
    isSame(event?.severity, severity) &&
    (text === undefined || texts.some((it) => it.toLowerCase().includes(text.toLowerCase())))
  )
}

function isSame(actual: string | undefined, wanted: string | undefined): boolean {
  return wanted === undefined || actual?.toLowerCase() === wanted.toLowerCase()
}
