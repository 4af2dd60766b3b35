import { isTest, type ListedRecord, outcomeOf, reachedBy } from '../model/delivery.ts'
import { type Event, objectName } from '../model/event.ts'
import { type Identity, namespacedName } from '../model/kubernetes.ts'
import type { LedgerFilter } from '../ports/ledger.ts'

/**
 * What to look for in records that no index of a ledger covers. A record must match every given
 * field.
 */
export interface DeliveryMatch {
  /** The reason of the event, in any letter case. */
  readonly reason?: string | undefined
  /** The severity of the event, in any letter case. */
  readonly severity?: string | undefined
  /** A part of the event's message or of the outcome's reason, in any letter case. */
  readonly text?: string | undefined
}

/** Whether a record matches. One that cannot be read has no event, and only the reason of its outcome is its text. */
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

/** Whether an event matches, of which `text` is a part of the message. */
export function isEventMatch(event: Event, { reason, severity, text }: DeliveryMatch): boolean {
  return (
    isSame(event.reason, reason) &&
    isSame(event.severity, severity) &&
    (text === undefined || event.message.toLowerCase().includes(text.toLowerCase()))
  )
}

function isSame(actual: string | undefined, wanted: string | undefined): boolean {
  return wanted === undefined || actual?.toLowerCase() === wanted.toLowerCase()
}

/** Whether a ledger lists a record by this filter. Of one that cannot be read nobody knows the event. */
export function isListedBy(record: ListedRecord, filter: LedgerFilter): boolean {
  const { cluster, since, until, id } = filter
  return (
    (cluster === undefined || record.cluster === cluster) &&
    isAbout(record, filter) &&
    (id === undefined || record.id.startsWith(id)) &&
    (since === undefined || record.acceptedAt >= since) &&
    (until === undefined || record.acceptedAt < until)
  )
}

function isAbout(
  record: ListedRecord,
  { alert, provider, object, outcome, event }: LedgerFilter,
): boolean {
  if (record.kind === 'unreadable') {
    return (
      (alert === undefined || record.alert === alert) &&
      (provider === undefined || record.provider === provider) &&
      (object === undefined || record.object === object) &&
      (outcome === undefined || [outcome].flat().includes(record.outcome)) &&
      event === undefined
    )
  }
  const reached = reachedBy(record)
  return (
    (alert === undefined || isNamed(reached.alert, alert)) &&
    (provider === undefined || isNamed(reached.provider, provider)) &&
    (object === undefined || objectName(record.event.involvedObject) === object) &&
    (outcome === undefined || [outcome].flat().includes(outcomeOf(record))) &&
    (event === undefined || (!isTest(record) && record.eventId.startsWith(event)))
  )
}

function isNamed(identity: Identity | undefined, name: string): boolean {
  return identity !== undefined && namespacedName(identity) === name
}
