import { mapConcurrently } from '../../adapters/aws/concurrency.ts'
import type { ListedRecord } from '../../relay/model/delivery.ts'
import type { Ledger, LedgerPage } from '../../relay/ports/ledger.ts'

/** The most deliveries of one outcome that are shown. */
export const MAX_SHOWN = 50

/** The newest deliveries of all clusters, the latest accepted first. */
export interface Newest {
  readonly records: readonly ListedRecord[]
  /** Whether there are, or may be, older ones: a search ends before it has read too much. */
  readonly mayHaveMore: boolean
}

/** The deliveries that failed: those that are dead, and those that wait for a retry. */
export type Failures = Readonly<Record<'dead' | 'retry', Newest>>

/** The stores in which failures are searched. `DynamoDbConfigStore` knows the clusters. */
export interface FailureQueries {
  readonly ledger: Pick<Ledger, 'list'>
  readonly configs: {
    clustersSeen(): Promise<ReadonlyArray<{ readonly cluster: string }>>
  }
}

const OUTCOMES = ['dead', 'retry'] as const

const CONCURRENT_LISTS = 8

const NONE: Newest = { records: [], mayHaveMore: false }

const UNREAD: LedgerPage = { records: [], nextCursor: '' }

/**
 * The newest failures of the cluster, or of all clusters that ever sent a configuration, as far as
 * the time allows. Rejects when a store fails.
 */
export async function listFailures(
  { ledger, configs }: FailureQueries,
  cluster: string | undefined,
  hasTime: () => boolean,
): Promise<Failures> {
  const clusters = cluster === undefined ? await configs.clustersSeen() : [{ cluster }]
  const filters = clusters.flatMap(({ cluster }) =>
    OUTCOMES.map((outcome) => ({ cluster, outcome })),
  )
  const found = { dead: NONE, retry: NONE }
  await mapConcurrently(filters, CONCURRENT_LISTS, async (filter) => {
    const page = hasTime() ? await ledger.list(filter, MAX_SHOWN) : UNREAD
    found[filter.outcome] = merge(found[filter.outcome], page)
  })
  return found
}

function merge({ records, mayHaveMore }: Newest, page: LedgerPage): Newest {
  const all = [...records, ...page.records].sort(latestFirst)
  return {
    records: all.slice(0, MAX_SHOWN),
    mayHaveMore: mayHaveMore || page.nextCursor !== undefined || all.length > MAX_SHOWN,
  }
}

function latestFirst(a: ListedRecord, b: ListedRecord): number {
  return b.acceptedAt - a.acceptedAt || (a.id < b.id ? 1 : -1)
}
