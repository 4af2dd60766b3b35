import type { DeliveryRecord } from '../model/delivery.ts'
import type { Ports } from '../ports/ports.ts'
import type { Candidate } from './match.ts'
import { isOvertaken } from './object-memory.ts'

/** What is sent later than this must say when it happened. */
const LATE_AFTER_MS = 60_000

/**
 * Whether what is sent at `now` is late. A sender's clock may be ahead of ours: nothing happens
 * after it was accepted. One that is behind cannot be told from an event that was kept for long,
 * and that one must not be taken for news.
 */
export function isLate(
  { event, acceptedAt }: Pick<DeliveryRecord, 'event' | 'acceptedAt'>,
  now: number,
): boolean {
  const happenedAt = Math.min(Date.parse(event.timestamp), acceptedAt)
  return now - happenedAt > LATE_AFTER_MS
}

/**
 * Whether a delivery that is tried again was overtaken by a newer event of its object. Where a
 * newer notification replaces an older one, that rule decides, and no store is read.
 */
export async function isRetryOvertaken(
  ports: Pick<Ports, 'state'>,
  record: Pick<DeliveryRecord, 'cluster' | 'event' | 'order'>,
  candidate: Candidate,
): Promise<boolean> {
  if (candidate.kind !== 'matched' || candidate.type.subject !== undefined) return false
  return isOvertaken(ports, record)
}
