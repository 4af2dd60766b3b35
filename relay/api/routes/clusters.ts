import { type ClusterPorts, listClusters } from '../list-clusters.ts'
import { type Route, routeOf } from '../route.ts'

/** Lists the clusters of the relay. */
export function clusterRoutes(ports: ClusterPorts): readonly Route[] {
  return [routeOf('listClusters', { handle: () => listClusters(ports) })]
}
