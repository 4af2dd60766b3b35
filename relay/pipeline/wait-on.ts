import type { DeliveryRecord, Waiting } from '../model/delivery.ts'
import { type SettleContext, tellDestination } from './settle.ts'

/** A record that waits on is written anew once it waits longer than this beyond its due time. */
const REWRITTEN_AFTER_MS = 10 * 60_000

/**
 * Whether a record that waits, and of which nothing was tried for want of a place or because its
 * destination is parked, goes on to wait as it is: nothing is written then. Its due time stays about
 * right, so that one which is long past tells that its message is lost.
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

/** Lets it wait on: its destination wakes it, or the message of the same try, which comes again. */
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
