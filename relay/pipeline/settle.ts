import { isTest, type LedgerRecord } from '../model/delivery.ts'
import { eventSize } from '../model/event.ts'
import type { RetryMessage } from '../model/queue-messages.ts'
import type { LedgerWrite } from '../ports/ledger.ts'
import type { Ports } from '../ports/ports.ts'
import type { Versioned } from '../ports/versioned.ts'
import type { Destinations } from './destinations/destinations.ts'
import type { DeliveryReports } from './self/delivery-reports.ts'

/** What `settle` needs to store a decision. */
export interface SettleContext {
  readonly ports: Pick<Ports, 'ledger' | 'queue' | 'clock' | 'observer'>
  readonly destinations: Pick<Destinations, 'wait'>
  /** Tells whom it may concern what a decision says of the relay itself. */
  readonly reports?: DeliveryReports
}

/** Writes a record, in the place of `stored` if that is given, and then queues its next try. */
export async function settle(
  context: SettleContext,
  record: LedgerRecord,
  stored?: Versioned<LedgerRecord>,
): Promise<void> {
  const reporting = context.reports?.report(record)
  if (reporting) await reporting
  if (await write(context, record, stored)) {
    tellDestination(context, record)
    const messages = nextTry(record)
    if (messages.length > 0) await context.ports.queue.sendRetries(messages)
  } else await settleAnew(context, record, stored)
}

/** Settles a decision after the record was changed by somebody else in between. */
async function settleAnew(
  context: SettleContext,
  record: LedgerRecord,
  stored: Versioned<LedgerRecord> | undefined,
): Promise<void> {
  const [current] = await context.ports.ledger.readMany([record.id])
  if (stored && current && isOnlyWoken(current.value, record, stored.value)) {
    const attempt = current.value.attempt + record.attempt - stored.value.attempt
    // It was reported before.
    const { ports, destinations } = context
    return settle({ ports, destinations }, { ...record, attempt }, current)
  }
  // Whoever decided may have had the same message, and fail to queue the next try, while the
  // message leaves the queue on our word.
  await requeue(context, current ? [current.value] : [])
}

/**
 * Whether a record was woken while a try of it was made, and nothing else became of it: without what came of the try it
 * would be sent again.
 */
function isOnlyWoken(current: LedgerRecord, tried: LedgerRecord, before: LedgerRecord): boolean {
  return (
    tried.tries > before.tries &&
    current.status.kind === 'waiting' &&
    current.tries === before.tries &&
    current.replayedAt.at(-1) === before.replayedAt.at(-1)
  )
}

/** Writes a record. False when another process decided about the record in between. */
export async function write(
  { ports }: SettleContext,
  record: LedgerRecord,
  stored: Versioned<LedgerRecord> | undefined,
): Promise<boolean> {
  const write: LedgerWrite = { record, expected: stored?.version ?? 'absent' }
  const [written] = await ports.ledger.writeMany([write])
  if (!written) return false
  const decision = { record, latencyMs: Math.max(0, ports.clock.now() - record.acceptedAt) }
  if (isTest(record)) ports.observer.tested?.(decision)
  else ports.observer.decided(decision)
  return true
}

/**
 * Queues again the next tries of records. They are in the queue already, unless a crash came
 * between ledger and queue.
 */
export async function requeue(
  context: SettleContext,
  records: readonly LedgerRecord[],
): Promise<void> {
  const { ports } = context
  for (const record of records) tellDestination(context, record)
  const messages = records.flatMap(nextTry)
  if (messages.length > 0) await ports.queue.resendRetries(messages)
}

function nextTry(record: LedgerRecord): readonly RetryMessage[] {
  const { id, cluster, status, attempt, updatedAt } = record
  if (status.kind !== 'waiting') return []
  return [{ deliveryId: id, attempt, dueAt: status.dueAt, cluster, decidedAt: updatedAt }]
}

/** Reports a record that its destination wakes as waiting there. */
export function tellDestination(
  { destinations }: Pick<SettleContext, 'destinations'>,
  { id, status, order, attempt, event }: LedgerRecord,
): void {
  if (status.kind !== 'waiting' || status.destination === undefined) return
  destinations.wait(status.destination, { id, order, attempt, bytes: eventSize(event) })
}
