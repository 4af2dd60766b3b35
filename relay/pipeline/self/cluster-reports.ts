import { OBJECT_DELETED } from '../../model/good-ends.ts'
import { silentSince } from '../../model/silent-cluster.ts'
import { unreadableText } from '../../model/stored/errors.ts'
import { reportAlertsOfDeleted } from './alert-reports.ts'
import { reportProvidersOfDeleted } from './failing-providers.ts'
import { beginTrouble, endTrouble, type TroublePorts, troubleKey } from './troubles.ts'

/** A cluster, and when it last sent its configuration itself; absent when it never did. */
export interface HeardCluster {
  readonly cluster: string
  /** Milliseconds since the epoch. */
  readonly heardAt?: number
}

/**
 * Reports which clusters have become silent, and which are heard again, as events of the relay about itself.
 * Rejects when a store fails; what was not reported then is reported the next time. Where it cannot be read what
 * was told of one cluster, the others are reported before this rejects.
 */
export async function reportSilentClusters(
  ports: TroublePorts,
  clusters: readonly HeardCluster[],
): Promise<void> {
  await allReadable(clusters.map((cluster) => () => reportCluster(ports, cluster)))
}

/**
 * Reports which of some deleted clusters had been told as silent, or had Providers that were told as failing or Alerts as
 * not ready, as events of the relay about itself; `onReported` hears of each that is done. Call it while their
 * configurations are stored. Rejects as `reportSilentClusters` does.
 */
export async function reportDeletedClusters(
  ports: TroublePorts,
  clusters: readonly string[],
  onReported: (cluster: string) => void = () => undefined,
): Promise<void> {
  const reports = clusters.map((cluster) => async () => {
    await reportDeletedCluster(ports, cluster)
    onReported(cluster)
  })
  await allReadable(reports)
}

async function reportDeletedCluster(ports: TroublePorts, cluster: string): Promise<void> {
  const key = troubleKey(cluster, 'silent')
  await allReadable([
    () => endTrouble(ports, key, ports.clock.now(), (since) => deletedReport(cluster, since)),
    () => reportProvidersOfDeleted(ports, cluster),
    () => reportAlertsOfDeleted(ports, cluster),
  ])
}

/** Makes each report. What one of them cannot read keeps none of the others back: this rejects after them. */
async function allReadable(reports: readonly (() => Promise<void>)[]): Promise<void> {
  const unreadable: unknown[] = []
  for (const report of reports) {
    try {
      await report()
    } catch (error) {
      if (unreadableText(error) === undefined) throw error
      unreadable.push(error)
    }
  }
  const [first] = unreadable
  if (first !== undefined) throw first
}

async function reportCluster(
  ports: TroublePorts,
  { cluster, heardAt }: HeardCluster,
): Promise<void> {
  // One that never sent its configuration itself is not expected to.
  if (heardAt === undefined) return
  const since = silentSince(heardAt, ports.clock.now())
  const key = troubleKey(cluster, 'silent')
  if (since !== undefined) return beginTrouble(ports, key, since, silentReport(cluster, since))
  // A clock that was set back takes it for not silent, though it was not heard since.
  const isHeard = (begin: number) => heardAt !== begin
  await endTrouble(ports, key, heardAt, (begin) => isHeard(begin) && heardReport(cluster, begin))
}

function silentReport(cluster: string, since: number) {
  return {
    cluster,
    kind: 'Cluster',
    object: { namespace: '', name: cluster },
    severity: 'error',
    reason: 'ClusterSilent',
    message: `Cluster ${cluster} is silent: its shipper last sent its configuration at ${new Date(since).toISOString()}`,
    occasion: ['silent', String(since)],
  } as const
}

function heardReport(cluster: string, since: number) {
  return {
    cluster,
    kind: 'Cluster',
    object: { namespace: '', name: cluster },
    severity: 'info',
    reason: 'ClusterHeard',
    message: `Cluster ${cluster} sends its configuration again; it was silent since ${new Date(since).toISOString()}`,
    occasion: ['heard', String(since)],
  } as const
}

function deletedReport(cluster: string, since: number) {
  return {
    cluster,
    kind: 'Cluster',
    object: { namespace: '', name: cluster },
    severity: 'info',
    reason: OBJECT_DELETED,
    message: `Cluster ${cluster} was deleted; it was silent since ${new Date(since).toISOString()}`,
    occasion: ['deleted', String(since)],
  } as const
}
