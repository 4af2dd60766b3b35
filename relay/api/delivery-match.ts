import {
  isTest,
  type LedgerRecord,
  type ListedRecord,
  outcomeOf,
  reachedBy,
} from '../model/delivery.ts'
import { type Event, objectName } from '../model/event.ts'
import { type Identity, namespacedName } from '../model/kubernetes.ts'
import type { Outcome } from '../model/outcomes.ts'
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

/**
 * Whether a record that changed may have fitted before, by a filter and a match that it does not fit now. It is judged by
 * what never changes of a record, so it is also true of many that never fitted.
 */
export function mayHaveFitted(
  record: ListedRecord,
  filter: LedgerFilter,
  { reason, severity }: DeliveryMatch,
): boolean {
  const { cluster, alert, object, id, event, since, until } = filter
  return (
    isListedBy(record, { cluster, alert, object, id }) &&
    mayHaveBeen(record, filter.outcome) &&
    (hasNewEvent(record) ||
      (isListedBy(record, { event, since, until }) && isMatch(record, { reason, severity })))
  )
}

/** Whether a record may have had one of these outcomes earlier. Only a person makes another one of an outcome that is final. */
function mayHaveBeen(record: ListedRecord, outcomes: LedgerFilter['outcome']): boolean {
  if (outcomes === undefined || record.kind === 'unreadable') return true
  const usual: readonly Outcome[] = ['retry', 'held', outcomeOf(record)]
  return [outcomes].flat().some((it) => usual.includes(it)) || isTouched(record)
}

/** Whether a person may have replayed or dismissed what was final. One that is told with others has no replay of its own. */
function isTouched(record: LedgerRecord): boolean {
  const { status, replayedAt } = record
  return (
    replayedAt.length > 0 ||
    (status.kind === 'final' && status.dismissal !== undefined) ||
    (record.kind === 'delivery' && record.toldIn !== undefined)
  )
}

/** Whether a record counts repeats, and so has the event of the latest one. Of one that cannot be read nobody knows. */
function hasNewEvent(record: ListedRecord): boolean {
  return record.kind === 'unreadable' || (record.kind === 'delivery' && record.repeats > 0)
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
