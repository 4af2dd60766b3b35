import type { DeliveryRecord, Status } from '../model/delivery.ts'
import { CLAIM_CONFLICT_DELAY_MS } from '../model/retry.ts'
import type { Subject } from '../providers/contract.ts'
import { type Conclusion, end } from './conclusion.ts'
import type { Prepared } from './prepare.ts'
import { type Claimant, type ClaimResult, subjectStateKey } from './subject.ts'

/** The delivery as its subject sees it. */
export function claimantOf(
  record: DeliveryRecord<Status>,
  prepared: Prepared,
  subject: Subject,
): Claimant {
  return {
    cluster: record.cluster,
    subject,
    deliveryId: record.id,
    order: record.order,
    reason: record.event.reason,
    answers: prepared.answers,
    timeoutMs: prepared.resolved.transport.timeoutMs,
  }
}

type Unclaimed = Exclude<ClaimResult, { kind: 'claimed' }>

/** What comes of a delivery that has no claim on its subject, now or at all. */
export function concludeUnclaimed(
  claimed: Unclaimed,
  cluster: string,
  subject: Subject,
  now: number,
): Conclusion {
  const about = { subjectStateKey: subjectStateKey(cluster, subject) }
  switch (claimed.kind) {
    case 'superseded':
      return { ...end('suppressed', 'superseded by a newer event of the same subject'), ...about }
    case 'unasked': {
      const last = claimed.last === undefined ? 'is not known' : `came from ${claimed.last}`
      const reason = `this event counts only after ${claimed.answers}; the last status of this commit ${last}`
      return { ...end('skipped', reason), ...about }
    }
    case 'busy': {
      const reason = 'another delivery of the same subject goes first'
      const until = now + CLAIM_CONFLICT_DELAY_MS
      return { kind: 'postponed', why: 'subject', reason, until, endsWhenLate: false, ...about }
    }
    case 'unchanged': {
      const since = new Date(claimed.since).toISOString()
      if (claimed.own) {
        return { ...end('delivered', `delivered at ${since} by an earlier try`), ...about }
      }
      return { kind: 'unchanged', reason: `unchanged: ${subject.shows} since ${since}`, ...about }
    }
  }
}
