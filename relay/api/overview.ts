import type { ConfigSnapshot } from '../model/config.ts'
import type { ListedRecord } from '../model/delivery.ts'
import { FLEET } from '../model/fleet.ts'
import { derivedUid } from '../model/hash.ts'
import { namespacedName } from '../model/kubernetes.ts'
import { lastDay } from '../model/outcome-count.ts'
import { nameOf } from '../model/parse-objects.ts'
import type {
  FailingDestination,
  FailingDestinations,
} from '../pipeline/destinations/destinations.ts'
import type { HourCount, OutcomeCounts } from '../ports/outcome-counts.ts'
import type { Ports } from '../ports/ports.ts'
import type { WaitingCounts } from '../ports/waiting-lines.ts'
import { type Answer, jsonAnswer } from './answer.ts'
import { listedView } from './delivery-view.ts'
import { type ClusterPorts, clusterViews } from './list-clusters.ts'
import { outcomeTotals } from './outcome-totals.ts'
import type { Overview } from './schemas/overview.ts'

/** What the overview is made of. */
export interface OverviewPorts
  extends Pick<Ports, 'configs' | 'clock'>,
    Pick<ClusterPorts, 'clusters'> {
  readonly ledger: Pick<Ports['ledger'], 'list'>
  readonly counts: OutcomeCounts
  readonly destinations: FailingDestinations
  readonly waiting: WaitingCounts
}

/** The most that are shown of failing destinations and of objects that are not ready. */
const MOST_SHOWN = 20

const DEAD_SHOWN = 5

/** The most failing destinations whose waiting deliveries are counted, which needs a query each. */
const MOST_LOOKED_AT = 100

const MOST_WAITING_COUNTED = 10_000

/**
 * Shows what a person on call looks at first: 200 `Overview`. It reads counts and what is there now,
 * and never looks through the ledger. Rejects when a store fails.
 */
export async function showOverview(ports: OverviewPorts): Promise<Answer> {
  const hours = lastDay(ports.clock.now())
  const failing = ports.destinations.failing()
  const [clusters, byHour, byCluster, dead, waiting] = await Promise.all([
    clusterViews(ports),
    ports.counts.byHour(hours),
    ports.counts.byCluster(hours),
    latestDead(ports),
    withWaiting(ports.waiting, failing),
  ])
  const unready = clusters.filter(({ objectsNotReady = 0 }) => objectsNotReady > 0)
  const configs = configReader(ports.configs)
  const overview: Overview = {
    hours: hoursView(hours, byHour),
    clusters: clusters.map((cluster) => ({
      ...cluster,
      outcomes: outcomeTotals(byCluster.filter((it) => it.cluster === cluster.name)),
    })),
    failing: await failingView(waiting.slice(0, MOST_SHOWN), configs),
    failingCount: failing.length,
    notReady: await notReadyView(
      unready.map(({ name }) => name),
      configs,
    ),
    notReadyCount: unready.reduce((sum, { objectsNotReady = 0 }) => sum + objectsNotReady, 0),
    dead: dead.map(listedView),
  }
  return jsonAnswer(200, overview)
}

/** A page is short where its events are large, and may have none on a host whose lists lag. */
async function latestDead({
  ledger,
}: Pick<OverviewPorts, 'ledger'>): Promise<readonly ListedRecord[]> {
  const dead: ListedRecord[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < DEAD_SHOWN && dead.length < DEAD_SHOWN; pages += 1) {
    const page = await ledger.list({ outcome: 'dead' }, DEAD_SHOWN - dead.length, cursor)
    dead.push(...page.records)
    cursor = page.nextCursor
    if (cursor === undefined) break
  }
  return dead
}

function hoursView(hours: readonly number[], counts: readonly HourCount[]): Overview['hours'] {
  return hours.map((hour) => ({
    from: new Date(hour).toISOString(),
    outcomes: outcomeTotals(counts.filter((it) => it.hour === hour)),
  }))
}

interface WaitingAt {
  readonly destination: FailingDestination
  readonly count: number
}

/** How much waits for each of the destinations, those with the most first. */
async function withWaiting(
  waiting: WaitingCounts,
  failing: readonly FailingDestination[],
): Promise<readonly WaitingAt[]> {
  const looked = failing.toSorted((a, b) => b.failures - a.failures).slice(0, MOST_LOOKED_AT)
  const counted = looked.map(async (destination) => {
    const count = await waiting.countWaiting(destination.key, MOST_WAITING_COUNTED)
    return { destination, count }
  })
  const found = await Promise.all(counted)
  return found.toSorted((a, b) => b.count - a.count)
}

type ReadConfig = (cluster: string) => Promise<ConfigSnapshot | undefined>

/** Reads each cluster's set once. */
function configReader(configs: Ports['configs']): ReadConfig {
  const reads = new Map<string, Promise<ConfigSnapshot | undefined>>()
  const read = async (cluster: string) => {
    const snapshot = await configs.read(cluster)
    return typeof snapshot === 'object' ? snapshot : undefined
  }
  return (cluster) => {
    const reading = reads.get(cluster) ?? read(cluster)
    reads.set(cluster, reading)
    return reading
  }
}

function failingView(
  waiting: readonly WaitingAt[],
  configs: ReadConfig,
): Promise<Overview['failing']> {
  const views = waiting.map(async ({ destination, count }) => {
    const { cluster, providerUid, host, failures, error, probeAt } = destination
    const provider =
      providerName(await configs(cluster), providerUid) ??
      fleetProviderName(await configs(FLEET), cluster, providerUid)
    return {
      cluster,
      ...(provider !== undefined && { provider }),
      ...{ host, failures, waiting: count },
      ...(error !== undefined && { error }),
      ...(probeAt !== undefined && { probeAt: new Date(probeAt).toISOString() }),
    }
  })
  return Promise.all(views)
}

/** The name of the Provider with this UID. One without a UID has the one that the relay gave it. */
function providerName(snapshot: ConfigSnapshot | undefined, uid: string): string | undefined {
  const found = snapshot?.manifests.find((manifest) => {
    if (manifest.kind !== 'Provider') return false
    const { namespace, name } = nameOf(manifest)
    const given = Object(manifest.metadata).uid as unknown
    return (given || derivedUid(snapshot.cluster, 'Provider', namespace, name)) === uid
  })
  return found && namespacedName(nameOf(found))
}

/** The same of the fleet, whose Providers have a UID for each cluster. */
function fleetProviderName(
  fleet: ConfigSnapshot | undefined,
  cluster: string,
  uid: string,
): string | undefined {
  const found = fleet?.manifests.find(
    (manifest) => derivedUid(cluster, 'Provider', FLEET, nameOf(manifest).name) === uid,
  )
  return found && namespacedName({ namespace: FLEET, name: nameOf(found).name })
}

async function notReadyView(
  clusters: readonly string[],
  configs: ReadConfig,
): Promise<Overview['notReady']> {
  const found: Overview['notReady'][number][] = []
  for (const cluster of clusters) {
    if (found.length >= MOST_SHOWN) break
    const snapshot = await configs(cluster)
    for (const { ready, ...object } of snapshot?.objects ?? []) {
      if (!ready) found.push({ cluster, ...object })
    }
  }
  return found.slice(0, MOST_SHOWN)
}
