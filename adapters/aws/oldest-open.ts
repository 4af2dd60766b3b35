import { QueryCommand } from '@aws-sdk/client-dynamodb'
import { type ListedRecord, outcomeOf } from '../../relay/model/delivery.ts'
import { type Item, namesOf, textOf } from './dynamodb-item.ts'
import { openOutcomeKey, parsePosition } from './ledger-item.ts'
import { LedgerTail, type LedgerTailOptions } from './ledger-tail.ts'
import { LEDGER_INDEXES } from './tables.ts'

/** Tells since when a cluster's deliveries have waited that failed and are tried again. */
export interface OldestOpen {
  /**
   * When the tries began of the delivery that has waited longest, in milliseconds since the epoch;
   * undefined when no delivery waits. Rejects when the ledger fails.
   */
  since(cluster: string): Promise<number | undefined>
}

/** How many records are read at once. */
const PAGE_SIZE = 25

/** The most pages. Only what is replayed, or was held back for long, can fill more than one. */
const MAX_PAGES = 8

/**
 * Reads the ledger's sparse index (`LEDGER_TABLE`) from the first accepted on. The tries of a delivery may begin long
 * after its event was accepted: when a person asks for a replay, or when a rule or a silence lets it go.
 */
export function createOldestOpen(options: LedgerTailOptions): OldestOpen {
  const tail = new LedgerTail(options)
  return {
    async since(cluster) {
      let oldest: number | undefined
      let start: Item | undefined
      for (let pages = 0; pages < MAX_PAGES; pages += 1) {
        const { positions, lastKey } = await positionsOf(options, cluster, start)
        const times = (await tail.read(positions.map(({ id }) => id))).map(triesBegan)
        const known = [oldest, ...times].filter((time) => time !== undefined)
        if (known.length > 0) oldest = Math.min(...known)
        const last = positions.at(-1)?.acceptedAt
        // No tries begin before the event is accepted, so none of the next page are older.
        if (lastKey === undefined || (oldest !== undefined && Number(last) >= oldest)) break
        start = lastKey
      }
      return oldest
    },
  }
}

async function positionsOf(
  { client, tableName }: LedgerTailOptions,
  cluster: string,
  start: Item | undefined,
) {
  const { name, key } = LEDGER_INDEXES.openByOutcome
  const query = new QueryCommand({
    TableName: tableName,
    IndexName: name,
    KeyConditionExpression: `#${key.partition} = :retry`,
    ExpressionAttributeNames: namesOf(key.partition, key.sort),
    ExpressionAttributeValues: { ':retry': { S: openOutcomeKey(cluster, 'retry') ?? '' } },
    ProjectionExpression: `#${key.sort}`,
    Limit: PAGE_SIZE,
    ...(start && { ExclusiveStartKey: start }),
  })
  const { Items: items = [], LastEvaluatedKey: lastKey } = await client.send(query)
  return { positions: items.map((item) => parsePosition(textOf(item, key.sort) ?? '')), lastKey }
}

/** When the tries of a record began; undefined for one that waits no more, which the index tells late. */
function triesBegan(record: ListedRecord): number | undefined {
  if (record.kind === 'unreadable') return record.acceptedAt
  return outcomeOf(record) === 'retry' ? record.chainStartedAt : undefined
}
