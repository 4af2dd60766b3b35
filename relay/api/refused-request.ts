import type { PendingCall } from './pending-call.ts'
import type { Problem } from './problem.ts'
import type { RouteAccess } from './route.ts'
import type { Senders } from './senders.ts'

/** A request that was refused, for the host's log and metrics. It holds no credential. */
export interface RefusedRequest {
  /** What the sender was told. Its code is of a closed list, and may be a label of a metric. */
  readonly problem: Problem
  readonly method: string
  /** The path of the route, with its parameters in braces; undefined when there is no such route. */
  readonly path: string | undefined
  /**
   * The cluster that sent the request, or the one that the sender says it is. Undefined unless there is
   * a cluster of this name, so that nobody can make up the label of a metric.
   */
  readonly cluster: string | undefined
  /** The IP address of the peer, which may be a proxy; undefined when the host does not know it. */
  readonly address: string | undefined
}

/** Calls that are admitted only for a cluster that there is, when senders prove who they are. */
const OF_CLUSTER: ReadonlySet<RouteAccess> = new Set(['signing-cluster', 'any-cluster', 'cluster'])

/** The cluster of a call that was admitted; undefined when nothing proves that there is one. */
export function provenCluster(senders: Senders, call: PendingCall): string | undefined {
  const { access } = call.route
  // Without tokens a configuration is taken of any cluster, which it adds.
  const isProven = OF_CLUSTER.has(access) && (senders.kind === 'proven' || access !== 'cluster')
  return isProven ? call.cluster : undefined
}
