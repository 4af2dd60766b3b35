import { silentSince } from '../../model/silent-cluster.ts'
import { beginTrouble, endTrouble, type TroublePorts, troubleKey } from './troubles.ts'

/** A cluster, and when it last sent its configuration itself; absent when it never did. */
export interface HeardCluster {
  readonly cluster: string
  /** Milliseconds since the epoch. */
  readonly heardAt?: number
}

/**
 * Reports which clusters have become silent, and which are heard again, as events of the relay about itself.
 * Rejects when a store fails; what was not reported then is reported the next time.
 */
export async function reportSilentClusters(
  ports: TroublePorts,
  clusters: readonly HeardCluster[],
): Promise<void> {
  for (const { cluster, heardAt } of clusters) {
    // One that never sent its configuration itself is not expected to.
    if (heardAt === undefined) continue
    const since = silentSince(heardAt, ports.clock.now())
    const key = troubleKey(cluster, 'silent')
    if (since === undefined) await endTrouble(ports, key, (begin) => heardReport(cluster, begin))
    else await beginTrouble(ports, key, since, silentReport(cluster, since))
  }
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
