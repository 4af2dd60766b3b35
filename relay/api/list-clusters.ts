import { silentSince } from '../model/silent-cluster.ts'
import type { Clock } from '../ports/clock.ts'
import type { Clusters, KnownCluster, NotTaken } from '../ports/clusters.ts'
import { type Answer, jsonAnswer } from './answer.ts'

/** What listing clusters needs. */
export interface ClusterPorts {
  readonly clusters: Clusters
  readonly clock: Pick<Clock, 'now'>
}

/** Lists the clusters, by name: 200 `ClusterList`. Rejects when a store fails. */
export async function listClusters(ports: ClusterPorts): Promise<Answer> {
  const clusters = await clusterViews(ports)
  const notTaken = ports.clusters.unknownSenders?.().map(notTakenView)
  return jsonAnswer(200, { clusters, notTaken })
}

/** The clusters as a list shows them, by name. Rejects when a store fails. */
export async function clusterViews({ clusters, clock }: ClusterPorts) {
  const known = await clusters.list()
  const now = clock.now()
  return known
    .toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1))
    .map((it) => clusterView(it, now))
}

function clusterView(known: KnownCluster, now: number) {
  const { cluster: name, lastEventAt, configuredAt, heardAt, shipper, spool } = known
  const { notReady, tokens } = known
  return {
    name,
    observed: known.observed,
    lastEventAt: isoTime(lastEventAt),
    lastConfigurationAt: isoTime(configuredAt),
    shipperVersion: shipper,
    spool: spool && { events: spool.events, toldAt: new Date(spool.toldAt).toISOString() },
    silentSince: isoTime(silentSince(heardAt, now)),
    objectsNotReady: notReady,
    tokens,
    newestTokenAt: isoTime(known.newestTokenAt),
    notTaken: known.notTaken?.map(notTakenView),
  }
}

function notTakenView({ lastAt, ...told }: NotTaken) {
  return { ...told, lastAt: new Date(lastAt).toISOString() }
}

function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString()
}
