import type { DueEntry, DueIndex, DueQuestion } from '../../adapters/aws/due-index.ts'
import { dueAttributes, dueShardKey } from '../../adapters/aws/due-item.ts'
import { timeKey } from '../../adapters/aws/time-key.ts'
import type { LedgerRecord } from '../../relay/model/delivery.ts'
import { MemoryLedger } from './memory-ports.ts'

interface Indexed extends DueEntry {
  readonly shard: string
}

/** A ledger in memory with the index of what waits in it, as the one on DynamoDB has. */
export interface IndexedLedger {
  readonly ledger: MemoryLedger
  readonly index: Pick<DueIndex, 'page' | 'remove'>
  /** When the first record is due that waits without a message, after a time; undefined when none is. */
  nextHeldAfter(time: number): number | undefined
}

export function indexedLedger(): IndexedLedger {
  const ledger = new MemoryLedger()
  const waiting = new Map<string, Indexed>()
  ledger.onStored = (record: LedgerRecord) => {
    const { dueShard, duePosition } = dueAttributes(record)
    waiting.delete(record.id)
    if (record.status.kind !== 'waiting' || !dueShard?.S || !duePosition?.S) return
    const { id: deliveryId, attempt, cluster, status } = record
    const message = { deliveryId, attempt, cluster, dueAt: status.dueAt }
    waiting.set(record.id, { shard: dueShard.S, position: duePosition.S, message })
  }
  return {
    ledger,
    index: {
      async page({ holder, shard, after = '', before, limit }: DueQuestion) {
        const to = timeKey(before)
        return [...waiting.values()]
          .filter((it) => it.shard === dueShardKey(holder, shard))
          .filter(({ position }) => position > after && position < to)
          .toSorted((a, b) => (a.position < b.position ? -1 : 1))
          .slice(0, limit)
      },
      async remove({ deliveryId }) {
        waiting.delete(deliveryId)
      },
    },
    nextHeldAfter(time) {
      const held = [...waiting.values()].filter(({ shard }) => shard.startsWith('held'))
      const times = held.map(({ message }) => message.dueAt).filter((at) => at > time)
      return times.length === 0 ? undefined : Math.min(...times)
    },
  }
}
