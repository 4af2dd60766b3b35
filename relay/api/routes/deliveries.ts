import type { ReplayPorts } from '../../pipeline/replay.ts'
import type { Ports } from '../../ports/ports.ts'
import { listDeliveries, replayDelivery, showDelivery } from '../deliveries.ts'
import { type Call, type Route, routeOf } from '../route.ts'

/** Lists, shows and replays deliveries. */
export function deliveryRoutes(
  ports: ReplayPorts & Pick<Ports, 'ledger' | 'clock'>,
): readonly Route[] {
  const idOf = ({ parameters }: Call) => parameters.id ?? ''
  return [
    routeOf('listDeliveries', {
      handle: ({ request }) => listDeliveries(ports, new URLSearchParams(request.query)),
    }),
    routeOf('showDelivery', { handle: (call) => showDelivery(ports, idOf(call)) }),
    routeOf('replayDelivery', {
      handle: (call) => replayDelivery(ports, idOf(call), call.operator?.name),
    }),
  ]
}
