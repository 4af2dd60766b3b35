import type { DeliveryRecord, RetryMessage } from '../model/delivery.ts'
import type { LedgerWrite, Ports, Versioned } from '../ports.ts'
import { type Conclusion, conclude } from './record.ts'

/** What it takes to put down what was decided. */
export interface SettleContext {
  readonly ports: Pick<Ports, 'ledger' | 'queue' | 'clock' | 'observer'>
}

/** Concludes and writes a record; then queues its next try. */
export async function settle(
  context: SettleContext,
  record: DeliveryRecord,
  conclusion: Conclusion,
  startedAt = context.ports.clock.now(),
  stored?: Versioned<DeliveryRecord>,
): Promise<void> {
  const next = conclude(record, conclusion, startedAt, context.ports.clock)
  if (await write(context, next, stored)) return queueNext(context, [next])
  // Whoever decided may have had the same message, and fail to queue the next try, while the
  // message leaves the queue on our word.
  const current = await context.ports.ledger.readMany([record.id])
  await requeue(
    context,
    current.map(({ value }) => value),
  )
}

/** False when someone else decided about the record meanwhile. */
export async function write(
  { ports }: SettleContext,
  record: DeliveryRecord,
  stored: Versioned<DeliveryRecord> | undefined,
): Promise<boolean> {
  const write: LedgerWrite = { record, expected: stored?.version ?? 'absent' }
  const [written] = await ports.ledger.writeMany([write])
  if (!written) return false
  ports.observer.decided({ record, latencyMs: ports.clock.now() - record.acceptedAt })
  return true
}

/** Queues the next try of each record that waits for one. */
async function queueNext(
  { ports }: SettleContext,
  records: readonly DeliveryRecord[],
): Promise<void> {
  const messages = records.flatMap(nextTry)
  if (messages.length > 0) await ports.queue.sendRetries(messages)
}

/** Queues again what is queued already, unless a crash came between ledger and queue. */
export async function requeue(
  { ports }: SettleContext,
  records: readonly DeliveryRecord[],
): Promise<void> {
  const messages = records.flatMap(nextTry)
  if (messages.length > 0) await ports.queue.resendRetries(messages)
}

function nextTry({ id, outcome, attempt, dueAt }: DeliveryRecord): readonly RetryMessage[] {
  const isWaiting = outcome === 'retry' && dueAt !== undefined
  return isWaiting ? [{ deliveryId: id, attempt, dueAt }] : []
}
