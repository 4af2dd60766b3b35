import { whenThere } from '../../model/awaitable.ts'
import type { DeliveryRecord, Status } from '../../model/delivery.ts'
import { isGoodEnd } from '../../model/good-ends.ts'
import type { Episode } from '../../model/stored/episode.ts'
import { type Conclusion, end } from '../conclusion.ts'
import { happenedAt } from '../lateness.ts'
import type { MatchedCandidate } from '../prepare.ts'
import { isReplayed } from '../record.ts'
import { followsFailures, type MemoryRules } from '../rules/memory-rules.ts'
import { hasNoEnd } from '../self/self-event.ts'
import type { SettleContext } from '../settle.ts'
import type { SilenceContext } from '../silences/judge-silence.ts'
import { isSilencedBy } from '../silences/silenced.ts'
import { changeEpisode, type EpisodeContext } from './episode-store.ts'
import {
  endedBy,
  type JudgedEvent,
  type Judgement,
  judgeEvent,
  judgeHeld,
  type Verdict,
} from './judge.ts'
import { withTold } from './last-told.ts'
import { noteReplay } from './note-replay.ts'
import { judgeReminder, remindLater } from './reminders.ts'
import { knowledgeOf, type ToldPorts, withHeldUntil, withoutEnded } from './told.ts'

/** Those of an Alert that has lost its rules since one held a Delivery back. */
const NO_RULES: MemoryRules = {}

export interface JudgeRulesContext
  extends SettleContext,
    Pick<EpisodeContext, 'inTurn'>,
    Pick<SilenceContext, 'silences'> {
  readonly ports: SettleContext['ports'] & ToldPorts
}

type Delivery = DeliveryRecord<Status>

/**
 * Whether rules have to judge a Delivery before it is sent. What is told together with others was judged before it
 * joined them. What a rule held back is judged although its Alert may have lost the rule: it may be over.
 */
export function needsJudging(
  record: Delivery,
  { memory }: Pick<MatchedCandidate, 'memory'>,
): boolean {
  if (record.toldIn !== undefined) return false
  return memory !== undefined || record.reminder !== undefined || isHeldBack(record)
}

/** Whether a rule holds the Delivery back, and no silence. */
function isHeldBack({ status }: Delivery): boolean {
  return status.kind === 'waiting' && status.why === 'rule' && status.silence === undefined
}

/**
 * Asks the rules that have a memory whether a Delivery is sent now. Undefined: it is. A Delivery is judged once
 * before it is sent, and again when a rule held it back; what was tried already, and what a person replays, is
 * not. `isObserved`: whether its cluster is observed. Rejects when a store fails.
 */
export async function judgeRules(
  record: Delivery,
  candidate: MatchedCandidate,
  context: JudgeRulesContext,
  isObserved: boolean,
): Promise<Conclusion | undefined> {
  const { memory = NO_RULES } = candidate
  if (record.reminder) {
    return concluded(await judgeReminder(record, record.reminder, memory, context, isObserved))
  }
  const isHeld = isHeldBack(record)
  if (isReplayed(record)) {
    await noteReplay(record, candidate, memory, context, isObserved)
    return undefined
  }
  if (!isHeld && !isUnjudged(record)) return undefined
  if (!followsFailures(memory) || hasNoEnd(record.event)) {
    if (memory.usesLast) await noteTold(record, context)
    return undefined
  }
  const judged = judgedEvent(record, candidate, context)
  const { verdict } = await changeEpisode(record, context, async (stored) => {
    const lasting = await withoutEnded(context.ports, stored, record)
    const episode = await withHeldUntil(context.ports, lasting)
    const known = await knowledgeOf(context.ports, episode.failure, isObserved, {
      severity: record.event.severity,
      isSilenced: () =>
        whenThere(context.silences.of(record.cluster), (silences) =>
          isSilencedBy(silences, record, candidate, judged.now),
        ),
    })
    const judgement = isHeld
      ? judgeHeld(episode, judged)
      : judgeEvent(episode, judged, memory, known)
    return memory.usesLast ? remembering(judgement, episode, record, judged.now) : judgement
  })
  if (verdict.kind === 'send' && record.event.severity === 'error') {
    await remindLater(record, candidate, memory, context)
  }
  return concluded(verdict)
}

/**
 * Remembers that a failure has ended when its success is one that a list or a condition keeps from being told.
 * Rejects when a store fails.
 */
export async function noticeEnd(record: Delivery, context: JudgeRulesContext): Promise<void> {
  if (!isGoodEnd(record.event)) return
  await changeEpisode(record, context, async (episode) => ({ next: endedBy(episode, record) }))
}

/**
 * Leaves it to the Delivery `other`, which a silence holds back, to tell of the failure that a later one would have told
 * in the same words. Rejects when a store fails.
 */
export async function leaveTo(
  other: string,
  record: Delivery,
  context: JudgeRulesContext,
): Promise<void> {
  await changeEpisode(record, context, async (episode) => {
    const { failure } = episode
    if (failure?.deliveryId !== record.id) return { next: undefined }
    return { next: { ...episode, failure: { ...failure, deliveryId: other } } }
  })
}

/** Whether no rule has let the Delivery pass. Afterwards it is on its way, whatever happens. */
function isUnjudged({ status, tries }: Delivery): boolean {
  if (status.kind === 'pending') return true
  if (tries > 0 || status.kind !== 'waiting') return false
  return status.why === 'configuration' || status.silence !== undefined
}

function judgedEvent(
  record: Delivery,
  { alert, type }: MatchedCandidate,
  { ports }: JudgeRulesContext,
): JudgedEvent {
  return {
    event: record.event,
    order: record.order,
    deliveryId: record.id,
    happenedAt: happenedAt(record),
    now: ports.clock.now(),
    takesErrorsOnly: alert.spec.eventSeverity === 'error',
    isResolve: type.resolves?.(record.event) === true,
  }
}

/** Remembers what is sent, for the variable `last`. */
async function noteTold(record: Delivery, context: JudgeRulesContext): Promise<void> {
  await changeEpisode(record, context, async (episode) => ({
    next: withTold(episode, record, context.ports.clock.now()),
  }))
}

/** The judgement that also remembers what is sent, for the variable `last`. */
function remembering(
  judgement: Judgement,
  episode: Episode,
  record: Delivery,
  now: number,
): Judgement {
  if (judgement.verdict.kind !== 'send') return judgement
  const next = withTold(judgement.next ?? episode, record, now)
  return next ? { ...judgement, next } : judgement
}

function concluded(verdict: Verdict): Conclusion | undefined {
  switch (verdict.kind) {
    case 'send':
      return undefined
    case 'skip':
      return end('skipped', verdict.reason)
    case 'hold': {
      const { reason, until } = verdict
      return { kind: 'postponed', why: 'rule', reason, until, endsWhenLate: false }
    }
  }
}
