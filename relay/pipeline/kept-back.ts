import type { Awaitable } from '../model/awaitable.ts'
import type { DeliveryRecord, Status } from '../model/delivery.ts'
import {
  type JudgeRulesContext,
  judgeRules,
  leaveTo,
  needsJudging,
} from './episodes/judge-rules.ts'
import type { MatchedCandidate } from './prepare.ts'
import {
  judgeSilence,
  type SilenceContext,
  type SilenceJudgement,
} from './silences/judge-silence.ts'

type KeptBackContext = JudgeRulesContext & SilenceContext

/**
 * Asks the rules that have a memory, and then the silences, whether a Delivery is sent now. So a failure that a
 * silence holds back is counted, and one that was told already is not held. A reminder is judged by the rules only
 * once no silence holds it back, or several would be sent when the silence ends. Throws, or rejects, when a store
 * fails.
 */
export function keptBack(
  record: DeliveryRecord<Status>,
  candidate: MatchedCandidate,
  context: KeptBackContext,
  isObserved: boolean,
): Awaitable<SilenceJudgement> {
  if (!needsJudging(record, candidate)) return judgeSilence(record, candidate, context)
  return judgeBoth(record, candidate, context, isObserved)
}

async function judgeBoth(
  record: DeliveryRecord<Status>,
  candidate: MatchedCandidate,
  context: KeptBackContext,
  isObserved: boolean,
): Promise<SilenceJudgement> {
  const rules = async () => {
    const conclusion = await judgeRules(record, candidate, context, isObserved)
    return conclusion && { conclusion, notes: [] }
  }
  if (record.reminder) {
    const silence = await judgeSilence(record, candidate, context)
    return silence.conclusion ? silence : ((await rules()) ?? silence)
  }
  const ruled = await rules()
  if (ruled) return ruled
  const silence = await judgeSilence(record, candidate, context)
  if (silence.toldBy !== undefined) await leaveTo(silence.toldBy, record, context)
  return silence
}
