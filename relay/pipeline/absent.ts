import type { DeliveryRecord } from '../model/delivery.ts'
import type { Verdict } from '../providers/verdict.ts'
import { happenedAt } from './lateness.ts'

/** How far a forge's mirror may lag behind the repository that Flux reads. */
const YOUNG_MS = 10 * 60_000

/**
 * Decides what it means that a destination does not know what an event is about. It may still come
 * to know it while the event is young, and never later. `now` is in milliseconds since the epoch.
 */
export function awaitAbsent(
  verdict: Verdict,
  about: Pick<DeliveryRecord, 'event' | 'acceptedAt'>,
  now: number,
): Exclude<Verdict, { kind: 'absent' }> {
  if (verdict.kind !== 'absent') return verdict
  const { reason } = verdict
  const isYoung = now - happenedAt(about) < YOUNG_MS
  return isYoung ? { kind: 'retry', reason, applied: 'no' } : { kind: 'rejected', reason }
}
