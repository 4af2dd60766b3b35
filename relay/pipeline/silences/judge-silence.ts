import { type Awaitable, whenThere } from '../../model/awaitable.ts'
import type { DeliveryRecord, Status } from '../../model/delivery.ts'
import { MAX_SILENCE_MS } from '../../model/silence.ts'
import type { Ports } from '../../ports/ports.ts'
import { type Conclusion, end } from '../conclusion.ts'
import type { InTurn } from '../in-turn.ts'
import { keepFailure } from '../object-memory.ts'
import type { MatchedCandidate } from '../prepare.ts'
import type { ActiveSilences, KnownSilences } from './active-silences.ts'
import { endOfFailure, holdFailure } from './held-failure.ts'
import {
  findSilence,
  isFailure,
  maySilence,
  type SilenceInForce,
  silencedText,
} from './silenced.ts'

/** What the stage of silences needs. */
export interface SilenceContext {
  readonly ports: Pick<Ports, 'state' | 'ledger' | 'clock'>
  readonly silences: ActiveSilences
  readonly inTurn: InTurn
}

/** What silences say of a delivery. */
export interface SilenceJudgement {
  /** Present when the delivery is not sent now. */
  readonly conclusion?: Conclusion
  /** The delivery that is held back and tells the same failure; present when this one is skipped for it. */
  readonly toldBy?: string
  /** Which silences could not be asked, and why. */
  readonly notes: readonly string[]
}

/**
 * When a failure that a silence begins to hold back is looked at once more. Whoever looked for what that silence holds,
 * as it ended sooner, may have missed this one; by then every process knows of the end.
 */
const LOOK_AGAIN_MS = 60_000

/** How long a failure may have been held back until it is remembered for as long again. */
const KEPT_ANEW_AFTER_MS = 24 * 3_600_000

const NOT_SILENCED: SilenceJudgement = { notes: [] }

/**
 * Asks the silences of its cluster whether a delivery is sent now. A failure is held back until the silence
 * ends, and told then if it lasts; any other event is skipped. A delivery is asked about until it is first tried,
 * or told together with others, and never when a person replays it. Throws, or rejects, when a store fails.
 */
export function judgeSilence(
  record: DeliveryRecord<Status>,
  candidate: MatchedCandidate,
  context: SilenceContext,
): Awaitable<SilenceJudgement> {
  if (!maySilence(candidate, record.event) || !isUntried(record)) return NOT_SILENCED
  return whenThere(context.silences.of(record.cluster), (known) =>
    hasNone(known) && candidate.silences === undefined && !wasHeld(record)
      ? NOT_SILENCED
      : judge(record, candidate, context, known),
  )
}

async function judge(
  record: DeliveryRecord<Status>,
  candidate: MatchedCandidate,
  context: SilenceContext,
  known: KnownSilences,
): Promise<SilenceJudgement> {
  if (wasHeld(record)) {
    const ended = await endOfFailure(context.ports, record)
    if (ended !== undefined) return { conclusion: end('skipped', ended), notes: [] }
  }
  const now = context.ports.clock.now()
  const { by, notes } = findSilence(known, record, candidate, now)
  if (by === undefined) return { notes }
  if (!isFailure(record.event)) return { conclusion: end('skipped', silencedText(by)), notes }
  // A reminder says the same as the delivery that it is of.
  const isSecond = wasHeld(record) || record.reminder !== undefined
  const alike = isSecond ? undefined : await holdFailure(context, record)
  if (alike !== undefined) {
    const reason = `${silencedText(by)}; the delivery ${alike.slice(0, 12)} waits with the same failure`
    return { conclusion: end('skipped', reason), toldBy: alike, notes }
  }
  if (heldBy(record) !== by.holdId) return { conclusion: held(by, now + LOOK_AGAIN_MS), notes }
  // One that waits on for long is asked about again later than it was remembered at first.
  if ((record.heldMs ?? 0) >= KEPT_ANEW_AFTER_MS) await keepFailure(context.ports, record)
  // One without an end in sight is looked at again, while it is known what became of the object.
  return { conclusion: held(by, now + MAX_SILENCE_MS), notes }
}

function hasNone({ silences, problems }: KnownSilences): boolean {
  return silences.length === 0 && problems.length === 0
}

function wasHeld(record: DeliveryRecord<Status>): boolean {
  return heldBy(record) !== undefined
}

/** What the delivery notes of the silence that holds it back. */
function heldBy({ status }: DeliveryRecord<Status>): string | undefined {
  return status.kind === 'waiting' ? status.silence : undefined
}

/** Whether no try of the delivery was made, or is about to be with others, and no person asked for one. */
function isUntried({ tries, replayedAt, toldIn }: DeliveryRecord<Status>): boolean {
  return tries === 0 && replayedAt.length === 0 && toldIn === undefined
}

/** Held back until the silence ends, or is looked at again. `latest` is in milliseconds since the epoch. */
function held(silence: SilenceInForce, latest: number): Conclusion {
  return {
    kind: 'postponed',
    why: 'rule',
    reason: `${silencedText(silence)}; the failure is told then if it lasts`,
    until: Math.min(silence.endsAt, latest),
    endsWhenLate: false,
    silence: silence.holdId,
  }
}
