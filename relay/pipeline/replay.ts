import { isTest, type LedgerRecord, outcomeOf } from '../model/delivery.ts'
import type { RetryMessage } from '../model/queue-messages.ts'
import type { Ports } from '../ports/ports.ts'
import { isToldAgain } from './groups/told-again.ts'
import { readableRecord } from './readable-record.ts'
import { timeHeld } from './record.ts'
import { isSuperseded } from './subject.ts'

export type ReplayResult =
  | { readonly kind: 'queued'; readonly record: LedgerRecord }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'refused'; readonly reason: string }

/** How long the guard message waits: the replay itself is queued by then. */
const GUARD_DELAY_MS = 60_000

/**
 * A message that queues the replay again if the process crashes. Nothing in the queue waits for a
 * final delivery, so a crash between the write to the ledger and the queue would leave the replay
 * undone. This message carries the serial of the last try, which is behind the ledger: whoever
 * receives it queues what the ledger says. Without a crash it is dropped.
 */
function guardOf({ id, cluster, attempt }: LedgerRecord, now: number): RetryMessage {
  return { deliveryId: id, attempt, dueAt: now + GUARD_DELAY_MS, cluster }
}

/** The most replays of one delivery that its record remembers. */
const MAX_REPLAYS_KEPT = 20

const TEST_NOT_REPLAYED = 'it was a test of a Provider, which is sent once; ask for a new test'

/** The ports that a replay needs: it only queues, and sends nothing itself. */
export type ReplayPorts = Pick<Ports, 'queue' | 'ledger' | 'state' | 'modes' | 'clock'>

/**
 * Asks for another chain of tries of a delivery, with the current configuration and the event as it
 * was. A delivery that still waits is tried now. One that waits for the message of its group while that is sent, or died
 * with it and it is sent again, ends as the message does. Refused when something newer was sent for its
 * subject, and while its cluster is observed. `by` names who asks; absent when nobody knows.
 */
export async function requestReplay(
  ports: ReplayPorts,
  id: string,
  by?: string,
): Promise<ReplayResult> {
  const stored = await readableRecord(ports.ledger, id)
  if (stored === undefined) return { kind: 'not-found' }
  if (typeof stored === 'string') return { kind: 'refused', reason: stored }
  const { value: record, version } = stored
  if (isTest(record)) return { kind: 'refused', reason: TEST_NOT_REPLAYED }
  if (await ports.modes.isObserved(record.cluster)) {
    const { cluster } = record
    const advice = `flux-relay cluster go-live ${cluster} ends that`
    const reason = `the cluster ${cluster} is observed, so nothing is sent for it: ${advice}`
    return { kind: 'refused', reason }
  }
  if (await isSupersededRecord(ports, record)) {
    return {
      kind: 'refused',
      reason: 'superseded: a newer event of the same subject has come since',
    }
  }
  const now = ports.clock.now()
  const isTold = await isToldAgain(ports, record)
  const replayed = isTold ? toldWithOthers(record, now) : replayOf(record, now, by)
  if (record.status.kind === 'final') await ports.queue.sendRetries([guardOf(record, now)])
  const [written] = await ports.ledger.writeMany([{ record: replayed, expected: version }])
  if (!written) return requestReplay(ports, id, by)
  const { attempt, cluster } = replayed
  await ports.queue.sendRetries([{ deliveryId: id, attempt, dueAt: now, cluster }])
  return { kind: 'queued', record: replayed }
}

async function isSupersededRecord(
  ports: Pick<Ports, 'state'>,
  record: LedgerRecord,
): Promise<boolean> {
  if (record.kind === 'event' || record.subjectStateKey === undefined) return false
  return isSuperseded(ports, record.subjectStateKey, record.order)
}

/**
 * The record that waits again for the message of its group. It has no replay of its own: that is what sends a delivery
 * by itself.
 */
function toldWithOthers(record: LedgerRecord, now: number): LedgerRecord {
  const reason = 'replay requested: the message of its group tells of it'
  return {
    ...record,
    ...timeHeld(record, now),
    status: { kind: 'waiting', why: 'rule', dueAt: now, reason },
    attempt: record.attempt + 1,
    chainStartedAt: now,
    failures: 0,
    updatedAt: now,
  }
}

/** The record at the start of a new chain, which is due now. */
function replayOf(record: LedgerRecord, now: number, by: string | undefined): LedgerRecord {
  const { replayedBy = [] } = record
  const begun = {
    status: { kind: 'waiting', why: 'replay', dueAt: now, reason: 'replay requested' },
    attempt: record.attempt + 1,
    chainStartedAt: now,
    failures: 0,
    replayedAt: [...record.replayedAt, now].slice(-MAX_REPLAYS_KEPT),
    ...(by !== undefined && {
      replayedBy: [...replayedBy, { at: now, by }].slice(-MAX_REPLAYS_KEPT),
    }),
    updatedAt: now,
  } as const
  if (record.kind === 'event') return { ...record, ...begun }
  const requestsDone = outcomeOf(record) === 'delivered' ? 0 : record.requestsDone
  return { ...record, ...timeHeld(record, now), ...begun, requestsDone }
}
