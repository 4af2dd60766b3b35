import type { Awaitable } from '../model/awaitable.ts'
import type { DeliveryRecord, Status } from '../model/delivery.ts'
import { end } from './conclusion.ts'
import {
  type JudgeRulesContext,
  judgeRules,
  leaveTo,
  needsJudging,
} from './episodes/judge-rules.ts'
import { whyOver } from './episodes/reminders.ts'
import { isInMessage } from './groups/messages.ts'
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
  const { toldIn } = record
  if (record.reminder && toldIn !== undefined) return judgeGathered(record, toldIn, context)
  if (!needsJudging(record, candidate)) return judgeSilence(record, candidate, context)
  return judgeBoth(record, candidate, context, isObserved)
}

/** Ends a reminder that waits to be told with others, unless a message has it, when its failure ends meanwhile. */
async function judgeGathered(
  record: DeliveryRecord<Status>,
  leader: string,
  { ports }: KeptBackContext,
): Promise<SilenceJudgement> {
  const over = await whyOver(record, ports)
  if (over === undefined || (await isInMessage(ports, record, leader))) return { notes: [] }
  return { conclusion: end('skipped', over), notes: [] }
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
