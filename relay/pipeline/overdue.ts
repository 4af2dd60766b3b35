import type { LedgerRecord, Waiting } from '../model/delivery.ts'
import { DamagedRecord, unreadableText } from '../model/stored/errors.ts'
import type { Ports } from '../ports/ports.ts'
import type { Versioned } from '../ports/versioned.ts'
import { timeHeld } from './record.ts'

/**
 * How long past its due time a record has lost its message, or has a message that cannot be
 * received because of others. A healthy message comes at most 10 minutes after its record's due
 * time (`wait-on.ts`).
 */
export const LONG_PAST_MS = 30 * 60_000

/** What became of the records that are long past due. */
export interface Requeued {
  /** The ids of the records that were queued again. */
  readonly ids: readonly string[]
  readonly unreadable: readonly UnreadableRecord[]
}

/** A record that is due and cannot be read, with the reason. */
export interface UnreadableRecord {
  readonly id: string
  readonly reason: string
  /** Whether no version of the relay can read it. */
  readonly isDamaged: boolean
}

/**
 * Queues again the records that wait and are long past due, whatever lost their messages. Each
 * keeps its chain of tries. Its next try gets another serial, so a message that arrives after all
 * is stale. Rejects when a store fails.
 */
export async function requeueOverdue(
  ports: Pick<Ports, 'ledger' | 'queue' | 'clock'>,
  ids: readonly string[],
): Promise<Requeued> {
  const { read, unreadable } = await readEach(ports, ids)
  const now = ports.clock.now()
  const writes = read.flatMap(({ value: record, version }) => {
    const { status, attempt } = record
    if (status.kind !== 'waiting' || status.dueAt > now - LONG_PAST_MS) return []
    const next: Waiting = { ...status, dueAt: now }
    return [
      {
        record: {
          ...record,
          ...timeHeld(record, now),
          status: next,
          attempt: attempt + 1,
          updatedAt: now,
        },
        expected: version,
      },
    ]
  })
  const written = writes.length === 0 ? [] : await ports.ledger.writeMany(writes)
  // After a crash in between it is found once more.
  const messages = writes.flatMap(({ record: { id, attempt, cluster } }, index) =>
    written[index] ? [{ deliveryId: id, attempt, cluster, dueAt: now, decidedAt: now }] : [],
  )
  if (messages.length > 0) await ports.queue.sendRetries(messages)
  return { ids: messages.map(({ deliveryId }) => deliveryId), unreadable }
}

interface Read {
  readonly read: ReadonlyArray<Versioned<LedgerRecord>>
  readonly unreadable: readonly UnreadableRecord[]
}

/** Reads the records one by one, once the ledger has reported that one of them cannot be read. */
async function readEach(ports: Pick<Ports, 'ledger'>, ids: readonly string[]): Promise<Read> {
  try {
    return { read: await ports.ledger.readMany(ids), unreadable: [] }
  } catch (error) {
    const reason = unreadableText(error)
    const [id] = ids
    if (reason === undefined || id === undefined) throw error
    if (ids.length === 1) {
      const isDamaged = error instanceof DamagedRecord
      return { read: [], unreadable: [{ id, reason, isDamaged }] }
    }
    const parts: Read[] = []
    for (const single of ids) parts.push(await readEach(ports, [single]))
    return {
      read: parts.flatMap(({ read }) => read),
      unreadable: parts.flatMap((part) => part.unreadable),
    }
  }
}
