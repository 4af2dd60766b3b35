import type { DeliveryRecord, Status } from '../../model/delivery.ts'
import { type AttemptContext, attempt, type TrySituation } from '../attempt.ts'
import type { Conclusion } from '../conclusion.ts'
import type { Candidate } from '../match.ts'
import type { ActiveSilences } from './active-silences.ts'
import { judgeSilence } from './judge-silence.ts'

/** What an attempt needs that silences may keep back. */
export interface UnsilencedContext extends AttemptContext {
  readonly silences: ActiveSilences
}

/**
 * Makes one attempt of one Delivery, unless a silence keeps it back, and says what came of it. Rejects when a
 * store fails.
 */
export async function attemptUnsilenced(
  record: DeliveryRecord<Status>,
  candidate: Candidate,
  context: UnsilencedContext,
  situation: TrySituation,
): Promise<Conclusion> {
  if (candidate.kind !== 'matched') return attempt(record, candidate, context, situation)
  const judging = judgeSilence(record, candidate, context)
  const silence = judging instanceof Promise ? await judging : judging
  const { conclusion } = silence
  if (!conclusion && silence.notes.length === 0) {
    return attempt(record, candidate, context, situation)
  }
  const notes = [...(candidate.notes ?? []), ...silence.notes]
  if (conclusion) return { ...conclusion, provider: candidate.provider.provider, notes }
  return attempt(record, { ...candidate, notes }, context, situation)
}
