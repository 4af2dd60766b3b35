import type { DeliveryRecord, RetryMessage } from './model/delivery.ts'
import { isSuperseded } from './pipeline/subject.ts'
import type { Ports } from './ports.ts'

export type ReplayResult =
  | { readonly kind: 'queued'; readonly record: DeliveryRecord }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'refused'; readonly reason: string }

/** Long enough for the replay to be queued by itself. */
const GUARD_DELAY_MS = 60_000

/**
 * Nothing in the queue waits for a delivery that was final, so a crash after the ledger has it as a
 * retry would leave it there. This message of its last try is then behind the ledger, and queues
 * what the ledger says; without a crash it is dropped.
 */
function guardOf({ id, attempt }: DeliveryRecord, now: number): RetryMessage {
  return { deliveryId: id, attempt, dueAt: now + GUARD_DELAY_MS }
}

/** Most replays of one delivery that its record keeps. */
const MAX_REPLAYS_KEPT = 20

/** What a replay needs: it queues, and sends nothing itself. */
export type ReplayPorts = Pick<Ports, 'queue' | 'ledger' | 'state' | 'clock'>

/**
 * Asks for one more chain of tries of a delivery, with the configuration of now and the event as it
 * was. A delivery that still waits for a retry is tried now. Refused when something newer was sent
 * to what it would replace.
 */
export async function requestReplay(ports: ReplayPorts, id: string): Promise<ReplayResult> {
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
  if (record.outcome !== 'retry') await ports.queue.sendRetries([guardOf(record, now)])
  const [written] = await ports.ledger.writeMany([{ record: replayed, expected: version }])
  if (!written) return requestReplay(ports, id)
  await ports.queue.sendRetries([{ deliveryId: id, attempt: replayed.attempt, dueAt: now }])
  return { kind: 'queued', record: replayed }
}
