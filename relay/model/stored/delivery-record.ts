import {
  type Decided,
  decidedOutcomeOf,
  type Final,
  isObserved,
  type LedgerRecord,
  WAIT_REASONS,
  type WaitReason,
} from '../delivery.ts'
import { isJsonObject } from '../json-value.ts'
import { DECIDED_OUTCOMES, FINAL_OUTCOMES } from '../outcomes.ts'
import { createCodec, upgradeFrom } from './codec.ts'
import { eventShape, labelsShape } from './event-shape.ts'
import {
  both,
  count,
  list,
  number,
  object,
  oneOf,
  optional,
  type Shape,
  type ShapeOf,
  text,
  truth,
} from './shape.ts'

const attemptShape = object({
  attempt: number,
  startedAt: number,
  durationMs: number,
  outcome: oneOf(...DECIDED_OUTCOMES),
  reason: text,
  status: optional(number),
  responseExcerpt: optional(text),
})

const identityFields = { namespace: text, name: text, uid: text }

/** A waiting record always has a due time. */
const waitingShape = object({ outcome: oneOf('retry'), dueAt: number })
const finalShape = object({ outcome: oneOf(...FINAL_OUTCOMES) })
const standingShape: Shape<ShapeOf<typeof waitingShape> | ShapeOf<typeof finalShape>> = (value) =>
  isJsonObject(value) && value.outcome === 'retry' ? waitingShape(value) : finalShape(value)

/** The fields that commit 591c4aa writes and reads. */
const firstFields = {
  id: text,
  cluster: text,
  eventId: text,
  order: text,
  event: eventShape,
  objectLabels: optional(labelsShape),
  acceptedAt: number,
  alert: optional(object(identityFields)),
  provider: optional(object({ ...identityFields, type: text })),
  reason: text,
  notes: list(text),
  attempt: count,
  waitsFor: optional(oneOf('configuration')),
  chainStartedAt: number,
  failures: count,
  requestsDone: count,
  attempts: list(attemptShape),
  subjectStateKey: optional(text),
  replayedAt: list(number),
  repeats: count,
  createdAt: number,
  updatedAt: number,
}
const firstShape = both(object(firstFields), standingShape)

/**
 * The latest shape. `tries` counts the tries up to the serial `countedAttempt`, and `why` tells why
 * the record waited then. `dismissal` is about the outcome of the serial that it names. All may be
 * out of date: commit 591c4aa keeps fields that it does not know while it makes further tries.
 */
const shape = both(
  object({
    ...firstFields,
    tries: count,
    countedAttempt: count,
    why: optional(oneOf(...WAIT_REASONS)),
    destination: optional(text),
    silence: optional(text),
    revision: optional(text),
    replayedBy: optional(list(object({ at: number, by: text }))),
    dismissal: optional(
      object({ at: number, by: optional(text), comment: optional(text), attempt: count }),
    ),
    observed: optional(truth),
    toldIn: optional(text),
    heldMs: optional(count),
    test: optional(object({ by: optional(text) })),
    reminder: optional(object({ of: text, number: count, since: number })),
  }),
  standingShape,
)
type Stored = ShapeOf<typeof shape>

/**
 * The form of a record of the ledger: one flat object, whose `outcome` is `retry` while it waits.
 */
export const deliveryRecordCodec = createCodec({
  form: 'delivery record',
  upgrades: [
    upgradeFrom(firstShape, ({ attempts }, stored) => ({
      ...stored,
      tries: attempts.length,
      countedAttempt: attempts.at(-1)?.attempt ?? 0,
    })),
  ],
  shape,
  toStored,
  fromStored,
})

function toStored(record: LedgerRecord) {
  const { status } = record
  const isWaiting = status.kind === 'waiting'
  const dismissal = isWaiting ? undefined : status.dismissal
  const route = record.kind === 'delivery' ? record : undefined
  return {
    id: record.id,
    cluster: record.cluster,
    eventId: record.eventId,
    order: record.order,
    event: record.event,
    objectLabels: record.objectLabels,
    acceptedAt: record.acceptedAt,
    alert: route?.alert,
    provider: route?.provider,
    outcome: decidedOutcomeOf(record),
    reason: status.reason,
    notes: record.notes,
    attempt: record.attempt,
    tries: record.tries,
    countedAttempt: isWaiting ? record.attempt - 1 : record.attempt,
    dueAt: isWaiting ? status.dueAt : undefined,
    why: isWaiting ? status.why : undefined,
    destination: isWaiting ? status.destination : undefined,
    silence: isWaiting ? status.silence : undefined,
    waitsFor: isWaiting && status.why === 'configuration' ? status.why : undefined,
    chainStartedAt: record.chainStartedAt,
    failures: record.failures,
    requestsDone: route?.requestsDone ?? 0,
    attempts: record.attempts,
    subjectStateKey: route?.subjectStateKey,
    replayedAt: record.replayedAt,
    revision: record.revision,
    replayedBy: record.replayedBy,
    dismissal: dismissal && { ...dismissal, attempt: record.attempt },
    observed: isObserved(record) || undefined,
    repeats: route?.repeats ?? 0,
    toldIn: route?.toldIn,
    heldMs: route?.heldMs,
    test: route?.test,
    reminder: route?.reminder,
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
  }
}

function fromStored(stored: Stored): LedgerRecord {
  const { alert, provider, requestsDone, subjectStateKey, repeats, toldIn, test } = stored
  const { objectLabels, heldMs, reminder } = stored
  const common = {
    id: stored.id,
    cluster: stored.cluster,
    eventId: stored.eventId,
    order: stored.order,
    event: stored.event,
    acceptedAt: stored.acceptedAt,
    status: statusOf(stored),
    notes: stored.notes,
    attempt: stored.attempt,
    tries: triesOf(stored),
    chainStartedAt: stored.chainStartedAt,
    failures: stored.failures,
    attempts: stored.attempts,
    replayedAt: stored.replayedAt,
    createdAt: stored.createdAt,
    updatedAt: stored.updatedAt,
    ...(objectLabels && { objectLabels }),
    ...(stored.replayedBy && { replayedBy: stored.replayedBy }),
    ...revisionOf(stored),
  }
  if (alert === undefined) return { kind: 'event', ...common }
  return {
    kind: 'delivery',
    alert,
    requestsDone,
    repeats,
    ...common,
    ...(provider && { provider }),
    ...(subjectStateKey !== undefined && { subjectStateKey }),
    ...(toldIn !== undefined && { toldIn }),
    ...(heldMs !== undefined && { heldMs }),
    ...(test && { test: test.by === undefined ? {} : { by: test.by } }),
    ...(reminder && { reminder }),
  }
}

/** None where commit 591c4aa has decided since, which keeps the field and sends what it decides. */
function observedOf({ observed, outcome, attempt, countedAttempt }: Stored) {
  const stands = observed === true && outcome === 'skipped' && attempt === countedAttempt
  return stands ? ({ observed } as const) : {}
}

/** None where commit 591c4aa has decided since, which keeps the field and does not know it. */
function revisionOf({ revision, outcome, attempt, countedAttempt }: Stored) {
  const decided = outcome === 'retry' ? attempt - 1 : attempt
  return revision !== undefined && decided === countedAttempt ? { revision } : {}
}

function statusOf(stored: Stored): Decided {
  const { outcome, reason, destination, silence } = stored
  if (outcome !== 'retry') {
    return { kind: 'final', outcome, reason, ...dismissalOf(stored), ...observedOf(stored) }
  }
  const why = whyOf(stored)
  const isWoken = why === 'destination' && destination !== undefined
  const isSilenced = (why === 'rule' || why === 'configuration') && silence !== undefined
  return {
    ...{ kind: 'waiting', why, dueAt: stored.dueAt, reason },
    ...(isWoken && { destination }),
    ...(isSilenced && { silence }),
  }
}

function dismissalOf({ dismissal, outcome, attempt }: Stored): Pick<Final, 'dismissal'> {
  if (dismissal === undefined || outcome !== 'dead' || dismissal.attempt !== attempt) return {}
  const { at, by, comment } = dismissal
  return {
    dismissal: { at, ...(by !== undefined && { by }), ...(comment !== undefined && { comment }) },
  }
}

/** The number of tries: those that were counted, and those that commit 591c4aa has made since. */
function triesOf({ tries, countedAttempt, attempts }: Stored): number {
  const since = attempts.filter(({ attempt }) => attempt > countedAttempt)
  return tries + since.length
}

/**
 * The reason why the record waits, as it was written. For a record that commit 591c4aa made wait,
 * it is derived from what that wrote.
 */
function whyOf(stored: Stored): WaitReason {
  const { why, attempt, countedAttempt, waitsFor, replayedAt, updatedAt, attempts } = stored
  if (why !== undefined && attempt - 1 === countedAttempt) return why
  if (waitsFor !== undefined) return waitsFor
  if (replayedAt.at(-1) === updatedAt) return 'replay'
  // A wait for a place or for the subject leaves no try behind; of either the next look says which.
  return attempts.at(-1)?.attempt === attempt - 1 ? 'failed' : 'destination'
}
