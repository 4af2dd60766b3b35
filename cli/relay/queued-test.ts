import { setTimeout as wait } from 'node:timers/promises'
import type { DeliveryRecord, LedgerRecord, Pending } from '../../relay/model/delivery.ts'
import type { Ports } from '../../relay/ports/ports.ts'

/** How often the ledger is asked whether the test is over. Milliseconds. */
const ASKED_EVERY_MS = 500

/** How long the test is waited for: dispatch ends a call after 60 s. Milliseconds. */
const WAITED_FOR_MS = 75_000

/**
 * Has dispatch make the attempt of a test: records it as waiting, queues it as a replay is queued, and asks the
 * ledger until it is over. Resolves with the record, which waits still when dispatch has not come to it for long.
 * Rejects when a store fails.
 */
export async function runQueuedTest(
  { ledger, queue, clock }: Pick<Ports, 'ledger' | 'queue' | 'clock'>,
  record: DeliveryRecord<Pending>,
): Promise<LedgerRecord> {
  const now = clock.now()
  const { id, cluster, attempt } = record
  const waiting: DeliveryRecord = {
    ...record,
    status: { kind: 'waiting', why: 'replay', dueAt: now, reason: 'a person asked for this test' },
  }
  await ledger.writeMany([{ record: waiting, expected: 'absent' }])
  await queue.sendRetries([{ deliveryId: id, attempt, dueAt: now, cluster }])
  const until = clock.elapsed() + WAITED_FOR_MS
  while (clock.elapsed() < until) {
    await wait(ASKED_EVERY_MS)
    const [found] = await ledger.readMany([id])
    if (found?.value.status.kind === 'final') return found.value
  }
  return waiting
}
