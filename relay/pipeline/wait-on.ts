import type { DeliveryRecord, Waiting } from '../model/delivery.ts'
import { type SettleContext, tellDestination } from './settle.ts'

/** How much longer than its due time a record may wait before it is written again. */
const REWRITTEN_AFTER_MS = 10 * 60_000

/**
 * Whether a record continues to wait as it is, and nothing is written. That is so when nothing was
 * tried because there was no place, or because the destination is parked. Its due time stays about
 * right, so a record that is long past due has lost its message.
 */
export function isStillWaiting(
  concluded: DeliveryRecord,
  before: DeliveryRecord<Waiting>,
): boolean {
  const { status } = concluded
  if (status.kind !== 'waiting' || status.why !== 'destination') return false
  if (status.destination === undefined) {
    return status.dueAt - before.status.dueAt <= REWRITTEN_AFTER_MS
  }
  // Of one that its destination wakes, the due time is the end of its 24 hours, or an hour after.
  return status.destination === before.status.destination && status.dueAt === before.status.dueAt
}

/**
 * Lets a record continue to wait. Its destination wakes it, or the message of the same try comes
 * again.
 */
export async function waitOn(
  context: SettleContext,
  before: DeliveryRecord<Waiting>,
  { status }: DeliveryRecord,
): Promise<void> {
  if (status.kind !== 'waiting') return
  const { id, attempt } = before
  if (status.destination !== undefined) tellDestination(context, before)
  else await context.ports.queue.sendRetries([{ deliveryId: id, attempt, dueAt: status.dueAt }])
}
