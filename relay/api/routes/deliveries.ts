import type { ReplayPorts } from '../../pipeline/replay.ts'
import type { Ports } from '../../ports/ports.ts'
import { type Answer, problemAnswer } from '../answer.ts'
import {
  DISMISSAL_LIMITS,
  dismissDelivery,
  listDeliveries,
  replayDelivery,
  showDelivery,
} from '../deliveries.ts'
import { headerOf } from '../http.ts'
import { type Call, type Route, routeOf } from '../route.ts'

/** Lists, shows, replays and dismisses deliveries. */
export function deliveryRoutes(
  ports: ReplayPorts & Pick<Ports, 'ledger' | 'clock'>,
): readonly Route[] {
  return [
    routeOf('listDeliveries', {
      handle: ({ request }) => listDeliveries(ports, new URLSearchParams(request.query)),
    }),
    routeOf('showDelivery', { handle: (call) => showDelivery(ports, idOf(call)) }),
    routeOf('replayDelivery', {
      handle: (call) => replayDelivery(ports, idOf(call), call.operator?.name),
    }),
    routeOf('dismissDelivery', {
      maxBodyBytes: DISMISSAL_LIMITS.bytes,
      handle: (call) => handleDismiss(ports, call),
    }),
  ]
}

async function handleDismiss(ports: Pick<Ports, 'ledger' | 'clock'>, call: Call): Promise<Answer> {
  const read = await call.readBody()
  if ('problem' in read) return problemAnswer(read.problem)
  const contentEncoding = headerOf(call.request, 'content-encoding')
  const request = { body: read.body, contentEncoding }
  return dismissDelivery(ports, idOf(call), request, call.operator?.name)
}

function idOf({ parameters }: Call): string {
  return parameters.id ?? ''
}
