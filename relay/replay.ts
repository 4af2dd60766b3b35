import type { DeliveryRecord } from './model/delivery.ts'
import { isSuperseded } from './pipeline/subject.ts'
import type { Ports } from './ports.ts'

export type ReplayResult =
  | { readonly kind: 'queued'; readonly record: DeliveryRecord }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'refused'; readonly reason: string }

/** Most replays of one delivery that its record keeps. */
const MAX_REPLAYS_KEPT = 20

/**
 * Asks for one more chain of tries of a delivery, with the configuration of now and the event as it
 * was. A delivery that still waits for a retry is tried now. Refused when something newer was sent
 * to what it would replace.
 */
export async function requestReplay(ports: Ports, id: string): Promise<ReplayResult> {
  const [stored] = await ports.ledger.readMany([id])
  if (!stored) return { kind: 'not-found' }
  const { value: record, version } = stored
  const { subjectStateKey } = record
  if (subjectStateKey && (await isSuperseded(ports, subjectStateKey, record.order))) {
    return { kind: 'refused', reason: 'superseded: a newer event of the same subject came since' }
  }
  const now = ports.clock.now()
  const replayed: DeliveryRecord = {
    ...record,
    outcome: 'retry',
    reason: 'replay requested',
    attempt: record.attempt + 1,
    dueAt: now,
    chainStartedAt: now,
    failures: 0,
    requestsDone: record.outcome === 'delivered' ? 0 : record.requestsDone,
    replayedAt: [...record.replayedAt, now].slice(-MAX_REPLAYS_KEPT),
    updatedAt: now,
  }
  // Nothing else waits for a delivery that was final, so its message must not get lost after the
  // ledger has it as a retry. A message that is ahead of the ledger waits for it a while.
  await ports.queue.sendRetries([{ deliveryId: id, attempt: replayed.attempt, dueAt: now }])
  const [written] = await ports.ledger.writeMany([{ record: replayed, expected: version }])
  if (!written) return requestReplay(ports, id)
  return { kind: 'queued', record: replayed }
}
