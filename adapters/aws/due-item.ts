import { createHash } from 'node:crypto'
import type { LedgerRecord } from '../../relay/model/delivery.ts'
import type { Item } from './dynamodb-item.ts'
import { isHeldByLedger } from './retry-delay.ts'
import { placeAt } from './time-key.ts'

/**
 * What keeps a retry until it is due. `held`: its record, and the sweep queues it; `sent`: a
 * message.
 */
export type DueHolder = 'held' | 'sent'

/** The number of parts of the index. Each part allows 1,000 writes a second. */
export const DUE_SHARDS = 8

/** The partition key of a part of the index. */
export function dueShardKey(holder: DueHolder, shard: number): string {
  return `${holder}#${shard}`
}

/** The attributes by which a waiting record is found when it is due; none for any other record. */
export function dueAttributes({ id, status, attempt, updatedAt }: LedgerRecord): Item {
  if (status.kind !== 'waiting') return {}
  const holder = isHeldByLedger(status.dueAt, updatedAt) ? 'held' : 'sent'
  return {
    dueShard: { S: dueShardKey(holder, shardOf(id)) },
    duePosition: { S: placeAt(status.dueAt, id) },
    attempt: { N: String(attempt) },
  }
}

function shardOf(id: string): number {
  return (createHash('sha256').update(id).digest()[0] ?? 0) % DUE_SHARDS
}
