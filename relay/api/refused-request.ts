import type { PendingCall } from './pending-call.ts'
import type { Problem } from './problem.ts'
import type { RouteAccess } from './route.ts'
import type { Senders } from './senders.ts'

/** A request that was refused, for the host's log and metrics. It contains no credential. */
export interface RefusedRequest {
  /**
   * The problem that the sender got. Its code is from a closed list, so it may be a label of a
   * metric.
   */
  readonly problem: Problem
  readonly method: string
  /** The path of the route, with its parameters in braces; undefined when there is no such route. */
  readonly path: string | undefined
  /**
   * The cluster that sent the request, or that the sender claims to be. Undefined unless a cluster
   * of this name exists, so that senders cannot make up labels of metrics.
   */
  readonly cluster: string | undefined
  /** Whether the sender was gone before all of it came: it may send the request again. */
  readonly isCutOff?: boolean
  /** The IP address of the peer, which may be a proxy; undefined when the host does not know it. */
  readonly address: string | undefined
}

/**
 * The kinds of access that are given only to a cluster that exists, if senders prove who they are.
 */
const OF_CLUSTER: ReadonlySet<RouteAccess> = new Set(['signing-cluster', 'any-cluster', 'cluster'])

/** The cluster of a call that was admitted; undefined when nothing proves that there is one. */
export function provenCluster(senders: Senders, call: PendingCall): string | undefined {
  const { access } = call.route
  // Without tokens a configuration is taken of any cluster, which it adds.
  const isProven = OF_CLUSTER.has(access) && (senders.kind === 'proven' || access !== 'cluster')
  return isProven ? call.cluster : undefined
}
