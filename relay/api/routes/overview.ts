import { listObjects, type ObjectPorts } from '../list-objects.ts'
import { type OverviewPorts, showOverview } from '../overview.ts'
import { type Route, routeOf } from '../route.ts'

/** Shows what the relay does and how its Alerts and Providers do. */
export function overviewRoutes(ports: OverviewPorts & ObjectPorts): readonly Route[] {
  return [
    routeOf('showOverview', { handle: () => showOverview(ports) }),
    routeOf('listObjects', {
      handle: ({ cluster, request }) =>
        listObjects(ports, cluster, new URLSearchParams(request.query)),
    }),
  ]
}
