import type { Awaitable } from '../model/awaitable.ts'
import type { DeliveryRecord, Status } from '../model/delivery.ts'
import { deliveryPageUrl } from '../model/public-url.ts'
import type { Subject } from '../providers/contract.ts'
import { createRedactor } from '../redact/redact.ts'
import type { ClaimsUnderWay } from './claim-time.ts'
import { claimantOf, concludeUnclaimed } from './claimant.ts'
import { type Conclusion, end, waitFor } from './conclusion.ts'
import { type Delivered, deliver } from './deliver.ts'
import { destinationOf } from './destination-of.ts'
import type { Destinations, Treatment } from './destinations/destinations.ts'
import { noticeEnd } from './episodes/judge-rules.ts'
import { readLastTold } from './episodes/last-told.ts'
import { whyOver } from './episodes/reminders.ts'
import {
  attemptGroup,
  concludeTold,
  type LetGo,
  mayBeGrouped,
  UNGROUPED,
} from './groups/attempt-group.ts'
import { withHeldNotes } from './held-note.ts'
import type { InTurn } from './in-turn.ts'
import { keptBack } from './kept-back.ts'
import { lastingFailureOf } from './lasting-failure.ts'
import { isLate } from './lateness.ts'
import type { Candidate } from './match.ts'
import { observe } from './observe.ts'
import {
  type MatchedCandidate,
  type Prepared,
  type PrepareInput,
  prepare,
  type Unprepared,
} from './prepare.ts'
import { concludeSent, type Sent, treatmentOf } from './sent.ts'
import type { ActiveSilences } from './silences/active-silences.ts'
import { claimSubject, keepTurn, settleSubject, subjectStateKey } from './subject.ts'
import type { DeliverParts } from './try-ports.ts'
import { restOf, type TryLimits, tryTime } from './try-time.ts'

/**
 * The outcomes of a candidate and of a notification that are not sent. `missing` has none: what is
 * missing may still come.
 */
const OUTCOME_UNMATCHED = { skipped: 'skipped', 'unknown-type': 'dead' } as const
const OUTCOME_UNPREPARED = { skipped: 'skipped', invalid: 'dead' } as const

export interface AttemptContext extends DeliverParts {
  readonly destinations: Destinations
  readonly limits: TryLimits
  readonly claims: ClaimsUnderWay
  readonly silences: ActiveSilences
  /** Does one piece of work at a time for each Delivery, and for each Episode. */
  readonly inTurn: InTurn
  /** Where people open this relay, without a slash at its end. */
  readonly publicUrl?: string | undefined
}

/** What a try depends on beside the Delivery. */
export interface TrySituation {
  /** Whether a newer event of its object is known. */
  readonly overtaken: boolean
  /** Whether its cluster is observed. Then all is prepared, and nothing is sent. */
  readonly isObserved: boolean
}

/**
 * Makes one attempt of one Delivery and says what came of it. Rejects when a store fails; the
 * attempt may have been sent by then, and is made again.
 */
export async function attempt(
  record: DeliveryRecord<Status>,
  candidate: Candidate,
  context: AttemptContext,
  { overtaken, isObserved }: TrySituation,
): Promise<Conclusion> {
  const about = candidate.provider ? { provider: candidate.provider.provider } : {}
  if (candidate.kind !== 'matched') {
    const { kind, reason } = candidate
    if (kind === 'missing') return { ...(await missing(reason, record, context)), ...about }
    if (candidate.memory) await noticeEnd(record, context)
    return { ...end(OUTCOME_UNMATCHED[kind], reason), ...about }
  }
  const triedAt = context.ports.clock.now()
  const input: PrepareInput = {
    cluster: record.cluster,
    deliveryId: record.id,
    event: record.event,
    objectLabels: record.objectLabels,
    candidate,
    triedAt,
    time: tryTime(record, context.limits),
    late: isLate(record, triedAt),
    overtaken: overtaken && record.reminder === undefined,
    lasting: lastingFailureOf(record),
    order: record.order,
    last: candidate.memory?.usesLast ? await readLastTold(context.ports, record) : undefined,
    deliveryPage: deliveryPageUrl(context.publicUrl, record.id),
  }
  const preparing = prepare(input, context.ports.secrets)
  const found = preparing instanceof Promise ? await preparing : preparing
  // What it waited for may have come a moment ago, and be remembered as missing still.
  const isMissed = found.kind === 'missing' && waitedForConfiguration(record)
  const single = isMissed ? await prepare(input, context.ports.secrets, { fresh: true }) : found
  if (single.kind !== 'prepared') {
    // A message that told of it needs nothing more.
    const told = await concludeTold(context.ports, record)
    return { ...(told ?? (await unprepared(single, record, context))), ...about }
  }
  const keeping = keptBack(record, candidate, context, isObserved)
  const kept = keeping instanceof Promise ? await keeping : keeping
  if (kept.conclusion) {
    return { ...about, ...kept.conclusion, notes: [...single.notes, ...kept.notes] }
  }
  // Nothing is gathered for an observed cluster, of whose messages none is sent.
  const gathered = isObserved ? UNGROUPED : grouped(record, single, candidate, context)
  const group = gathered instanceof Promise ? await gathered : gathered
  if (group.kind !== 'go') return { ...group, ...about }
  const { digest, notes = [] } = group
  const whole = { ...input, digest }
  const prepared = digest ? await prepare(whole, context.ports.secrets) : single
  if (prepared.kind !== 'prepared') {
    return { ...(await unprepared(prepared, record, context)), ...about }
  }
  const conclusion = isObserved
    ? await observe(record, prepared, context.ports)
    : await sendAdmitted(record, prepared, whole, context)
  const isAlone = record.toldIn !== undefined && digest === undefined
  return {
    ...conclusion,
    notes: withHeldNotes(record, [
      ...prepared.notes,
      ...kept.notes,
      ...notes,
      ...(conclusion.notes ?? []),
    ]),
    ...about,
    ...(isAlone && { isAlone }),
  }
}

function grouped(
  record: DeliveryRecord<Status>,
  prepared: Prepared,
  candidate: MatchedCandidate,
  { ports, destinations, publicUrl }: AttemptContext,
): Awaitable<LetGo | Conclusion> {
  const { type, notification } = prepared
  // The first message of a thread would go on showing what was before.
  const isLimited =
    type.family === 'chat' &&
    notification.thread === undefined &&
    destinations.isLimited(destinationOf(record, prepared).key)
  if (!mayBeGrouped(record, candidate, isLimited)) return UNGROUPED
  return attemptGroup(ports, record, candidate, { isLimited, publicUrl })
}

function waitedForConfiguration({ status }: DeliveryRecord<Status>): boolean {
  return status.kind === 'waiting' && status.why === 'configuration'
}

async function unprepared(
  { kind, reason }: Unprepared,
  record: DeliveryRecord<Status>,
  context: AttemptContext,
): Promise<Conclusion> {
  return kind === 'missing'
    ? missing(reason, record, context)
    : end(OUTCOME_UNPREPARED[kind], reason)
}

/** Waits for what is missing, unless it is a reminder of a failure that has ended meanwhile. */
async function missing(
  reason: string,
  record: DeliveryRecord<Status>,
  { ports }: AttemptContext,
): Promise<Conclusion> {
  const over = await whyOver(record, ports)
  return over === undefined ? waitFor(reason, record) : end('skipped', over)
}

/** Sends the delivery if its destination has a place and is not parked. */
async function sendAdmitted(
  record: DeliveryRecord<Status>,
  prepared: Prepared,
  input: PrepareInput,
  context: AttemptContext,
): Promise<Conclusion> {
  const destination = destinationOf(record, prepared)
  const admission = await context.destinations.enter(destination)
  if (admission.kind === 'refused') {
    const { reason, waitMs, isFailing, isWoken } = admission
    const conclusion: Conclusion = {
      kind: 'postponed',
      why: 'destination',
      reason,
      until: context.ports.clock.now() + waitMs,
      endsWhenLate: isFailing,
      ...(isWoken && { destination: destination.key }),
    }
    const { subject } = prepared
    if (!subject) return conclusion
    const turn = await keepTurn(context.ports, claimantOf(record, prepared, subject))
    return turn.kind === 'kept'
      ? { ...conclusion, subjectStateKey: subjectStateKey(record.cluster, subject) }
      : concludeUnclaimed(turn, record.cluster, subject, context.ports.clock.now())
  }
  let treatment: Treatment = { kind: 'unknown' }
  try {
    context.ports.ledger.assertWritable()
    const { subject } = prepared
    const sent = subject
      ? await sendClaimed(record, { ...prepared, subject }, input, context)
      : await sendRenewing(record, prepared, input, context)
    if ('kind' in sent) return sent
    treatment = treatmentOf(sent)
    return concludeSent(record, sent, context.ports.clock.now())
  } finally {
    admission.leave(treatment)
  }
}

/**
 * Sends a delivery that has a subject, but only while nothing newer was sent, or is being sent, for
 * the same subject.
 */
async function sendClaimed(
  record: DeliveryRecord<Status>,
  prepared: Prepared & { readonly subject: Subject },
  input: PrepareInput,
  context: AttemptContext,
): Promise<Sent | Conclusion> {
  const { ports } = context
  const { subject } = prepared
  const claimed = await claimSubject(ports, claimantOf(record, prepared, subject), context.claims)
  if (claimed.kind !== 'claimed') {
    return concludeUnclaimed(claimed, record.cluster, subject, ports.clock.now())
  }
  const sent = await sendRenewing(record, prepared, input, context)
  const { verdict } = sent.delivered
  if (verdict.kind !== 'busy') await settleSubject(ports, claimed.claim, verdict, context.claims)
  return { ...sent, subjectStateKey: subjectStateKey(record.cluster, subject) }
}

/**
 * Sends the delivery. If the service does not accept the credential, reads the Secrets again and
 * sends it once more.
 */
async function sendRenewing(
  record: DeliveryRecord<Status>,
  prepared: Prepared,
  input: PrepareInput,
  context: AttemptContext,
): Promise<Sent> {
  const startedAt = context.ports.clock.elapsed()
  const delivered = await deliver(prepared, record.requestsDone, context)
  const first = sentOf(delivered, prepared.resolved)
  if (delivered.verdict.kind !== 'unauthorized') return first
  const time = restOf(input.time, context.ports.clock.elapsed() - startedAt)
  const renewed = await prepare({ ...input, time }, context.ports.secrets, { fresh: true })
  if (renewed.kind !== 'prepared') return first
  const again = await deliver(renewed, delivered.requestsDone, context, { fresh: true })
  const second = sentOf(again, renewed.resolved)
  return { ...second, redact: (text) => second.redact(first.redact(text)) }
}

/** What was delivered, with a redactor that also knows the secrets that were fetched for it. */
function sentOf(delivered: Delivered, { redact }: Prepared['resolved']): Sent {
  if (delivered.secrets.length === 0) return { delivered, redact }
  const redactFetched = createRedactor(delivered.secrets)
  return { delivered, redact: (text) => redactFetched(redact(text)) }
}
