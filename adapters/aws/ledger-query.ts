import type { QueryCommandInput } from '@aws-sdk/client-dynamodb'
import type { ListPosition } from '../ledger-cursor.ts'
import type { OneOutcomeFilter } from '../merged-lists.ts'
import { type Item, namesOf } from './dynamodb-item.ts'
import { openOutcomeKey, positionOf } from './ledger-item.ts'
import { EXPIRY_ATTRIBUTE, type IndexDefinition, LEDGER_INDEXES } from './tables.ts'
import { timeKey } from './time-key.ts'
import { UNEXPIRED } from './versioned-item.ts'

/** A filter that names its cluster, which is the start of every index here. */
export type ClusterFilter = OneOutcomeFilter & { readonly cluster: string }

/** A query for positions, without table, start and limit. */
export interface LedgerQuery {
  readonly input: QueryInput
  /** Whether the filter may drop most of what is read. */
  readonly isNarrowed: boolean
}

type QueryInput = Pick<
  QueryCommandInput,
  | 'IndexName'
  | 'KeyConditionExpression'
  | 'FilterExpression'
  | 'ProjectionExpression'
  | 'ExpressionAttributeNames'
  | 'ExpressionAttributeValues'
  | 'ScanIndexForward'
>

interface ChosenIndex {
  readonly index: IndexDefinition
  /** The value of the index's partition key. */
  readonly partition: string
  /** The parts of the filter that the index does not cover. */
  readonly rest: ReadonlyArray<'alert' | 'provider' | 'object' | 'outcome'>
}

/** A text that sorts after every digit. */
const AFTER_ALL_TIMES = ':'

/**
 * The query for the records that fit, latest first, by the most selective index; undefined when
 * nothing can fit. What the index does not cover is filtered by the attributes that all indexes
 * have.
 */
export function ledgerQuery(filter: ClusterFilter, now: number): LedgerQuery | undefined {
  const { index, partition, rest } = chooseIndex(filter)
  const from = filter.since === undefined ? '' : timeKey(filter.since)
  const to = filter.until === undefined ? AFTER_ALL_TIMES : timeKey(filter.until)
  // An empty range is an error to DynamoDB.
  if (from >= to) return undefined
  const values = rest.map((name) => [`:${name}`, { S: filter[name] ?? '' }] as const)
  const input: QueryInput = {
    IndexName: index.name,
    // Both ends belong to BETWEEN, but no position is a time alone.
    KeyConditionExpression: '#partition = :partition AND #position BETWEEN :from AND :to',
    FilterExpression: [UNEXPIRED, ...rest.map((name) => `#${name} = :${name}`)].join(' AND '),
    ProjectionExpression: '#position',
    ExpressionAttributeNames: {
      ...namesOf(index.key.sort, EXPIRY_ATTRIBUTE, ...rest),
      '#partition': index.key.partition,
    },
    ExpressionAttributeValues: {
      ':partition': { S: partition },
      ':from': { S: from || '0' },
      ':to': { S: to },
      ':now': { N: String(now) },
      ...Object.fromEntries(values),
    },
    ScanIndexForward: false,
  }
  return { input, isNarrowed: rest.length > 0 || filter.id !== undefined }
}

/** The key after which a query continues. */
export function startKey(filter: ClusterFilter, after: ListPosition): Item {
  const { index, partition } = chooseIndex(filter)
  return {
    id: { S: after.id },
    [index.key.partition]: { S: partition },
    [index.key.sort]: { S: positionOf(after) },
  }
}

function chooseIndex(filter: ClusterFilter): ChosenIndex {
  const { cluster, outcome } = filter
  const given = (['alert', 'provider', 'object', 'outcome'] as const).filter(
    (name) => filter[name] !== undefined,
  )
  const open = outcome && openOutcomeKey(cluster, outcome)
  if (open !== undefined) {
    const rest = given.filter((name) => name !== 'outcome')
    return { index: LEDGER_INDEXES.openByOutcome, partition: open, rest }
  }
  return { index: LEDGER_INDEXES.byCluster, partition: cluster, rest: given }
}
