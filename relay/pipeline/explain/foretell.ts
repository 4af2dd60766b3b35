import { isGoodEnd } from '../../model/good-ends.ts'
import type { AcceptedEvent } from '../../model/queue-messages.ts'
import type { Episode } from '../../model/stored/episode.ts'
import type { Ports } from '../../ports/ports.ts'
import { readEpisode } from '../episodes/episode-store.ts'
import { type JudgedEvent, judgeEvent, type Verdict } from '../episodes/judge.ts'
import { knowledgeOf, withHeldUntil, withoutEnded } from '../episodes/told.ts'
import type { MatchedCandidate } from '../prepare.ts'
import { deliveryId } from '../record.ts'
import type { Rule } from '../rule.ts'
import { followsFailures, type MemoryRules } from '../rules/memory-rules.ts'
import { type KnownSilences, NO_KNOWN_SILENCES } from '../silences/active-silences.ts'
import { isSilencedBy } from '../silences/silenced.ts'

/** Where it is remembered what Alerts were told. */
export type ToldMemory = Pick<Ports, 'state' | 'ledger' | 'clock'>

/** What the rules that have a memory would do with an event. */
export interface Foretold {
  /** Present when it would not be sent now: `isHeld` when it would be sent later, if the failure lasts. */
  readonly keptBack?: { readonly rule: Rule; readonly reason: string; readonly isHeld: boolean }
  /** What it depends on, as far as that is not known here, and what follows. */
  readonly notes: readonly string[]
}

/** The order of an event that comes after all others. */
export const AFTER_ALL = '~'

const NOTHING: Foretold = { notes: [] }

/**
 * Says what the rules of an Alert that have a memory would do with an event, if it came now. Without `memory` it is not
 * known what was told before, and the notes say what it depends on. Changes nothing. Rejects when a store fails.
 */
export async function foretell(
  accepted: AcceptedEvent,
  candidate: MatchedCandidate,
  memory: ToldMemory | undefined,
  silences: KnownSilences = NO_KNOWN_SILENCES,
): Promise<Foretold> {
  const { memory: rules, alert, type } = candidate
  if (rules === undefined) return NOTHING
  const unknown = rules.usesLast && !memory ? [LAST_UNKNOWN] : []
  if (!followsFailures(rules)) return { notes: unknown }
  const { event, id } = accepted
  const judged: JudgedEvent = {
    event,
    order: AFTER_ALL,
    deliveryId: deliveryId(id, alert.metadata.uid),
    happenedAt: Date.parse(event.timestamp),
    now: memory?.clock.now() ?? Date.parse(event.timestamp),
    takesErrorsOnly: alert.spec.eventSeverity === 'error',
    isResolve: type.resolves?.(event) === true,
  }
  const notes = [...unknown, ...reminderNotes(event.severity, rules)]
  if (memory === undefined) {
    const { verdict } = judgeEvent({}, judged, rules, { isTold: false, toldBy: [] })
    const isCertain = event.severity !== 'error' && (!isGoodEnd(event) || isUnheard(judged, rules))
    if (isCertain) return { ...keptBack(verdict, judged, rules, false), notes }
    return { notes: [...dependencies(judged, rules), ...notes] }
  }
  const about = { cluster: accepted.cluster, alert: alert.metadata, event }
  const remembered = await readEpisode(memory, about)
  const lasting = await withoutEnded(memory, remembered.episode, { ...about, order: AFTER_ALL })
  const episode = await withHeldUntil(memory, lasting)
  const known = await knowledgeOf(memory, episode.failure, false, {
    severity: event.severity,
    isSilenced: () => isSilencedBy(silences, accepted, candidate, judged.now),
  })
  const { verdict } = judgeEvent(newest(episode), judged, rules, known)
  return { ...keptBack(verdict, judged, rules, known.isTold), notes }
}

const LAST_UNKNOWN = 'what was last told is not known here, so last is empty'

/** An Episode to which every event is new: one that is explained may be the newest itself. */
function newest({ judged: _, ...episode }: Episode): Episode {
  return episode
}

/** Whether a success is here for the end of a failure alone. */
function isUnheard({ takesErrorsOnly }: JudgedEvent, { only }: MemoryRules): boolean {
  return takesErrorsOnly && only === undefined
}

function keptBack(
  verdict: Verdict,
  judged: JudgedEvent,
  rules: MemoryRules,
  isTold: boolean,
): Pick<Foretold, 'keptBack'> {
  if (verdict.kind === 'send') return {}
  const { reason } = verdict
  const rule = ruleOf(judged, rules, isTold)
  return { keptBack: { rule, reason, isHeld: verdict.kind === 'hold' } }
}

function ruleOf(judged: JudgedEvent, rules: MemoryRules, isTold: boolean): Rule {
  if (judged.event.severity === 'error') return isTold ? 'only' : 'after'
  if (isUnheard(judged, rules)) return 'severity'
  return rules.only === undefined ? 'after' : 'only'
}

function dependencies(
  { event, isResolve }: JudgedEvent,
  { only, after }: MemoryRules,
): readonly string[] {
  if (event.severity === 'error') {
    const once =
      after?.kind === 'times'
        ? `it is told from event ${after.count} of the failure on (after: ${after.source})`
        : `it is held back, and told if the failure lasts (after: ${after?.source})`
    return [
      ...(after ? [once] : []),
      ...(only ? [`it is told unless the failure was told at its revision (only: ${only})`] : []),
    ]
  }
  if (isResolve) return []
  if (only === undefined) {
    return after
      ? [`it is told unless it ends a failure that was not (after: ${after.source})`]
      : []
  }
  const changed = only === 'changes' ? ', or is at another revision than the last success' : ''
  return [`it is told if it ends a failure that was told${changed} (only: ${only})`]
}

function reminderNotes(severity: string, { remind }: MemoryRules): readonly string[] {
  if (severity !== 'error' || remind === undefined) return []
  return [`it is told again while the failure lasts (remind: ${remind.source})`]
}
