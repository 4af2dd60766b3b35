import type { DeliveryRecord } from '../model/delivery.ts'
import type { QueuedEvent } from '../model/queue-messages.ts'
import type { SeenEvent } from '../model/stored/object-state.ts'
import { type AttemptContext, attempt, type TrySituation } from './attempt.ts'
import { type Conclusion, end } from './conclusion.ts'
import { faultOf } from './dispatch-failure.ts'
import type { FanOut } from './fan-out.ts'
import type { Candidate } from './match.ts'
import type { Recalled } from './recall.ts'
import {
  beginNow,
  concludeDelivery,
  countUnchanged,
  newDelivery,
  unchangedRecordId,
} from './record.ts'
import { type Addressed, type Repeats, repeatReason, withRepeats } from './repeats-by-alert.ts'
import { settle, write } from './settle.ts'
import { readSound, readSoundBare } from './sound-records.ts'

export interface FirstTriesContext extends AttemptContext {
  readonly firstTries: FanOut
}

/** An event, and the Alerts that it goes to. */
export interface FirstTries extends TrySituation {
  readonly queued: QueuedEvent
  readonly candidates: Iterable<Candidate>
  readonly repeats: Repeats
  readonly recalled: Recalled
  /** The revision of the configuration in which the Alerts were found. */
  readonly revision: string
}

/**
 * Tries each delivery that has no record yet. The deliveries are independent: one destination's
 * failure does not touch another. Resolves with whether there was an Alert at all.
 */
export async function tryCandidates(
  context: FirstTriesContext,
  tries: FirstTries,
): Promise<boolean> {
  const failures: unknown[] = []
  let hadAny = false
  await context.firstTries.each(
    withRepeats(tries.candidates, tries.repeats),
    (addressed) => {
      hadAny = true
      return tryFirst(context, tries, addressed)
    },
    (error) => {
      // Of thousands one is enough. While a store fails, or the relay is at a limit, nothing counts against the event.
      if (failures.length === 0) failures.push(error)
      else if (faultOf(error, context.host.isOfHost) !== 'message') failures[0] = error
    },
    tries.queued.cluster,
  )
  if (failures.length > 0) throw failures[0]
  return hadAny
}

async function tryFirst(
  context: FirstTriesContext,
  tries: FirstTries,
  { candidate, repeated }: Addressed,
): Promise<void> {
  const { queued, recalled, revision } = tries
  const { clock } = context.ports
  const record = newDelivery(queued, candidate.alert, clock.now(), revision)
  const isKnown = recalled.hasDelivery(record.id)
  if (isKnown instanceof Promise ? await isKnown : isKnown) return
  try {
    const begin = beginNow(clock)
    const conclusion = repeated
      ? concludeRepeat(repeated, candidate)
      : await attempt(record, candidate, context, tries)
    const concluded = concludeDelivery(record, conclusion, begin, clock)
    const { subjectStateKey } = conclusion
    if (subjectStateKey && wasNotSent(conclusion)) {
      const counterId = unchangedRecordId(record, subjectStateKey)
      await settleUnsent(context, concluded, conclusion, counterId)
    } else await settle(context, concluded)
  } finally {
    context.destinations.done(record.id)
  }
}

/** Settles a delivery that was not sent because of its subject, whose repeats a record may count. */
async function settleUnsent(
  context: FirstTriesContext,
  concluded: DeliveryRecord,
  { kind }: Conclusion,
  counterId: string,
): Promise<void> {
  if (kind === 'unchanged') return count(context, concluded, counterId)
  // It may have been counted before a crash, and have become superseded or unwelcome since.
  const [counter] = await readSoundBare(context.ports, [counterId])
  if (counter?.value.eventId !== concluded.eventId) await settle(context, concluded)
}

function concludeRepeat(repeated: SeenEvent, { provider }: Candidate): Conclusion {
  const reason = repeatReason([repeated])
  return { ...end('suppressed', reason), ...(provider && { provider: provider.provider }) }
}

function wasNotSent(conclusion: Conclusion): boolean {
  if (conclusion.kind === 'final') return conclusion.outcome === 'suppressed'
  return conclusion.kind !== 'tried'
}

/** Counts a repeat of an unchanged status in the one record of its object and status. */
async function count(
  context: FirstTriesContext,
  record: DeliveryRecord,
  id: string,
  isThere = false,
): Promise<void> {
  const [counter] = await readSound(context.ports, [id])
  // One that is damaged counts no more, and each repeat has a record of its own.
  if (isThere && counter === undefined) return settle(context, record)
  const next = countUnchanged(counter?.value, record, id)
  if (next && !(await write(context, next, counter))) return count(context, record, id, true)
}
