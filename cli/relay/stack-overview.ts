import type { OverviewRequests } from '../../client/overview-requests.ts'
import type { ClusterPorts } from '../../relay/api/list-clusters.ts'
import { listObjects } from '../../relay/api/list-objects.ts'
import { showOverview } from '../../relay/api/overview.ts'
import { type LedgerRecord, reachedBy } from '../../relay/model/delivery.ts'
import { type Expiry, type ExpiryClock, expiresIn, isOver } from '../../relay/model/expiry.ts'
import { lastDay } from '../../relay/model/outcome-count.ts'
import type { FailingDestination } from '../../relay/pipeline/destinations/destinations.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Clusters } from '../../relay/ports/clusters.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import { latestRecords, recordedOutcomes } from './recorded-outcomes.ts'

/** Records that outcomes are counted of, and of those that wait. Each costs a read of the table. */
const MOST_COUNTED = 2_000
const MOST_WAITING = 1_000

/** How long what was read is shown again. Milliseconds. */
const FRESH_MS = 60_000

/** What the numbers of a stack are, for the pages. */
export const STACK_NUMBERS =
  'On AWS nothing counts as it goes: outcomes are those that the latest 2,000 deliveries of 24 hours have now, and what fails is what waits after a try. Both are read anew after a minute.'

export interface StackOverviewPorts
  extends Pick<Ports, 'ledger' | 'configs'>,
    Pick<ClusterPorts, 'clusters'> {
  readonly clock: Clock
}

/** The overview of one cluster of a stack, and the objects of any, from its tables. Every call rejects when one fails. */
export function createStackOverview(ports: StackOverviewPorts, cluster: string): OverviewRequests {
  const { ledger, configs, clock } = ports
  const recordsOf = remembered(clock, (name) => {
    const [since = 0] = lastDay(clock.now())
    return latestRecords(ledger, { cluster: name, since }, MOST_COUNTED)
  })
  const waitingOf = remembered(clock, (name) =>
    latestRecords(ledger, { cluster: name, outcome: 'retry' }, MOST_WAITING),
  )
  const counts = recordedOutcomes(cluster, recordsOf)
  return {
    async showOverview() {
      const waiting = waitingByProvider(await waitingOf(cluster))
      return showOverview({
        ...{ configs, clock, counts },
        ledger: {
          list: (filter, limit, from) => ledger.list({ ...filter, cluster }, limit, from),
        },
        clusters: { list: () => clusterOf(ports, cluster) },
        destinations: {
          failing: () => [...waiting].map(([key, own]) => failingOf(key, cluster, own)),
        },
        waiting: { countWaiting: async (key) => waiting.get(key)?.length ?? 0 },
      })
    },
    listObjects: (name, parameters) => listObjects({ configs, clock, counts }, name, parameters),
  }
}

/** What waits after a try that failed, by the UID of its Provider. */
function waitingByProvider(
  records: readonly LedgerRecord[],
): ReadonlyMap<string, readonly LedgerRecord[]> {
  const tried = records.filter((record) => record.tries > 0 && reachedBy(record).provider)
  return Map.groupBy(tried, (record) => reachedBy(record).provider?.uid ?? '')
}

/** The destination of a Provider as what waits for it tells. Where it leads is not recorded. */
function failingOf(
  providerUid: string,
  cluster: string,
  waiting: readonly LedgerRecord[],
): FailingDestination {
  const [latest] = waiting.toSorted((a, b) => b.updatedAt - a.updatedAt)
  const dueAt = waiting.flatMap(({ status }) => (status.kind === 'waiting' ? [status.dueAt] : []))
  return {
    ...{ key: providerUid, cluster, providerUid, host: '' },
    failures: Math.max(...waiting.map(({ failures }) => failures)),
    ...(latest && { error: latest.status.reason }),
    ...(dueAt.length > 0 && { probeAt: Math.min(...dueAt) }),
  }
}

/** The cluster, with how many of its objects take no effect. */
async function clusterOf(
  { clusters, configs }: StackOverviewPorts,
  cluster: string,
): Promise<Awaited<ReturnType<Clusters['list']>>> {
  const [known, snapshot] = await Promise.all([clusters.list(), configs.read(cluster)])
  const objects = typeof snapshot === 'object' ? snapshot.objects : []
  const notReady = objects.filter(({ ready }) => !ready).length
  return known.filter((it) => it.cluster === cluster).map((it) => ({ ...it, notReady }))
}

/** Reads once, and tells for a while what it read, unless that failed. */
function remembered<T>(
  clock: ExpiryClock,
  read: (key: string) => Promise<T>,
): (key: string) => Promise<T> {
  const known = new Map<string, { readonly value: Promise<T>; readonly until: Expiry }>()
  return (key) => {
    const earlier = known.get(key)
    if (earlier && !isOver(clock, earlier.until)) return earlier.value
    const until = expiresIn(clock, FRESH_MS)
    const value = read(key)
    known.set(key, { value, until })
    value.catch(() => known.delete(key))
    return value
  }
}
