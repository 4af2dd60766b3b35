import type { Alert } from '../model/alert.ts'
import type {
  Attempt,
  DeliveryRecord,
  EventOrder,
  Outcome,
  QueuedEvent,
} from '../model/delivery.ts'
import { objectName } from '../model/event.ts'
import { hashParts } from '../model/hash.ts'
import type { Provider } from '../model/provider.ts'
import type { Clock } from '../ports.ts'
import { nextTryAt } from '../retry.ts'
import { eventOrder } from './order.ts'

/** Most tries that a record keeps; a chain of 24 hours has about 30. */
const MAX_ATTEMPTS_KEPT = 50

/** What a decision comes to, before the retry schedule has its say. */
export type Conclusion = {
  readonly reason: string
  readonly notes?: readonly string[]
  readonly provider?: Provider
  readonly requestsDone?: number
  readonly subjectStateKey?: string
  /** The destination shows the same already: one record counts all such repeats. */
  readonly isUnchanged?: boolean
  /** Present when something was sent. */
  readonly exchange?: Pick<Attempt, 'status' | 'responseExcerpt'>
} & (
  | { readonly outcome: Exclude<Outcome, 'retry'> }
  | {
      readonly outcome: 'retry'
      readonly retryAfterMs?: number
      /** Nothing was tried: come back after this fixed wait, which counts as no failure. */
      readonly waitMs?: number
      /** With `waitMs`: the delivery is dead once its 24 hours are over. Else the wait ends none. */
      readonly endsWhenLate?: boolean
      /** Nothing was tried, since something of the cluster's configuration is missing. */
      readonly waitsFor?: 'configuration'
    }
)

/** A Provider, a Secret or all of the configuration is missing: it may come at any time. */
export function waitFor(reason: string): Conclusion {
  return { outcome: 'retry', reason, waitsFor: 'configuration' }
}

/** The id of the Delivery of an event to an Alert, or of an event that reached no Alert. */
export function deliveryId(eventId: string, alertUid: string | undefined): string {
  return hashParts(eventId, alertUid ?? '')
}

/** A record before its first decision. */
export function newRecord(
  queued: QueuedEvent,
  alert: Alert | undefined,
  now: number,
): DeliveryRecord {
  return {
    id: deliveryId(queued.id, alert?.metadata.uid),
    cluster: queued.cluster,
    eventId: queued.id,
    order: eventOrder(queued),
    event: queued.event,
    ...(queued.objectLabels && { objectLabels: queued.objectLabels }),
    acceptedAt: queued.acceptedAt,
    ...(alert && { alert: alert.metadata }),
    outcome: 'retry',
    reason: 'not tried yet',
    notes: [],
    attempt: 1,
    chainStartedAt: now,
    failures: 0,
    requestsDone: 0,
    attempts: [],
    replayedAt: [],
    repeats: 0,
    createdAt: now,
    updatedAt: now,
  }
}

/** The record after a decision: either final, or due for its next try. */
export function conclude(
  record: DeliveryRecord,
  conclusion: Conclusion,
  startedAt: number,
  clock: Clock,
): DeliveryRecord {
  const now = clock.now()
  const { provider } = conclusion
  const next = nextStep(record, conclusion, clock)
  const { dueAt: _, waitsFor: __, ...rest } = record
  const isWaiting = next.outcome === 'retry' && conclusion.outcome === 'retry'
  return {
    ...rest,
    ...next,
    ...(isWaiting && conclusion.waitsFor && { waitsFor: conclusion.waitsFor }),
    ...(provider && { provider: { ...provider.metadata, type: provider.spec.type } }),
    ...(conclusion.subjectStateKey && { subjectStateKey: conclusion.subjectStateKey }),
    notes: conclusion.notes ?? record.notes,
    requestsDone: conclusion.requestsDone ?? record.requestsDone,
    attempts: isTry(conclusion)
      ? [...record.attempts, attemptOf(record, conclusion, next, startedAt, now)].slice(
          -MAX_ATTEMPTS_KEPT,
        )
      : record.attempts,
    updatedAt: now,
  }
}

function isTry(conclusion: Conclusion): boolean {
  return conclusion.outcome !== 'retry' || conclusion.waitMs === undefined
}

function attemptOf(
  { attempt }: DeliveryRecord,
  { exchange }: Conclusion,
  { outcome, reason }: NextStep,
  startedAt: number,
  now: number,
): Attempt {
  return { attempt, startedAt, durationMs: now - startedAt, outcome, reason, ...exchange }
}

type NextStep = Pick<DeliveryRecord, 'outcome' | 'reason' | 'attempt' | 'failures' | 'dueAt'>

function nextStep(record: DeliveryRecord, conclusion: Conclusion, clock: Clock): NextStep {
  const { outcome, reason } = conclusion
  const { attempt, failures } = record
  if (outcome !== 'retry') return { outcome, reason, attempt, failures }

  const { waitMs, retryAfterMs, endsWhenLate } = conclusion
  if (waitMs !== undefined && !endsWhenLate) {
    return { outcome, reason, attempt: attempt + 1, failures, dueAt: clock.now() + waitMs }
  }
  const counted = waitMs === undefined ? failures + 1 : failures
  const now = clock.now()
  const dueAt = nextTryAt({
    failures: counted,
    chainStartedAt: record.chainStartedAt,
    now,
    random: clock.random(),
    ...(waitMs !== undefined && { waitMs }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
  if (dueAt !== undefined) {
    return { outcome, reason, attempt: attempt + 1, failures: counted, dueAt }
  }
  const tries = `${counted} ${counted === 1 ? 'try' : 'tries'}`
  const givenUp = `given up after ${tries}: ${reason}`
  return { outcome: 'dead', reason: givenUp, attempt, failures: counted }
}

/**
 * The id of the one record that counts an object's repeats of an unchanged status. Each object has
 * its own, though several may share a status: only an object's events are dispatched in order, so
 * the record's event tells whether one that comes again is counted.
 */
export function unchangedRecordId(record: DeliveryRecord, subjectStateKey: string): string {
  const object = objectName(record.event.involvedObject)
  return hashParts('unchanged', record.cluster, record.alert?.uid ?? '', subjectStateKey, object)
}

/** The counting record with one more event; undefined when that event is counted already. */
export function countUnchanged(
  counter: DeliveryRecord | undefined,
  record: DeliveryRecord,
  id: string,
): DeliveryRecord | undefined {
  if (counter === undefined) return { ...record, id }
  if (record.eventId === counter.eventId || !isNewer(record.order, counter.order)) return undefined
  return { ...record, id, createdAt: counter.createdAt, repeats: counter.repeats + 1 }
}

function isNewer(a: EventOrder, b: EventOrder): boolean {
  return a > b
}
