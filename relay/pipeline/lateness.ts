import type { DeliveryRecord, Status } from '../model/delivery.ts'
import { timestampMs } from '../model/time.ts'
import type { Ports } from '../ports/ports.ts'
import type { Candidate } from './match.ts'
import { isOvertaken } from './object-memory.ts'

/** A notification that is sent later than this says when its event happened. */
const LATE_AFTER_MS = 60_000

/**
 * When an event happened, in milliseconds since the epoch. If a sender's clock is ahead of ours, the accept
 * time counts: nothing happens after it was accepted.
 */
export function happenedAt({
  event,
  acceptedAt,
}: Pick<DeliveryRecord, 'event' | 'acceptedAt'>): number {
  return Math.min(timestampMs(event.timestamp), acceptedAt)
}

/**
 * Whether what is sent at `now` is late. If a sender's clock is behind ours, its events look like events that
 * were kept for long, and those must not look like news. A delivery is not late by the time for which a rule held it
 * back, and no reminder is. The clock may have been set while it was held back, so no time before that counts then.
 */
export function isLate(record: DeliveryRecord<Status>, now: number): boolean {
  const { reminder, heldMs = 0, createdAt, chainStartedAt } = record
  if (reminder) return false
  if (heldMs === 0) return now - happenedAt(record) > LATE_AFTER_MS
  return createdAt - happenedAt(record) > LATE_AFTER_MS || now - chainStartedAt > LATE_AFTER_MS
}

/**
 * Whether a newer event of the same object is known by the time a delivery is tried again. For
 * types whose notifications replace older ones, the subject decides that instead, and no store is
 * read.
 */
export async function isRetryOvertaken(
  ports: Pick<Ports, 'state'>,
  record: Pick<DeliveryRecord, 'cluster' | 'event' | 'order'>,
  candidate: Candidate,
): Promise<boolean> {
  if (candidate.kind !== 'matched' || candidate.type.subject !== undefined) return false
  return isOvertaken(ports, record)
}
