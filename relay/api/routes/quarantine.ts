import type { Quarantine } from '../../ports/quarantine.ts'
import { listQuarantine, replayQuarantine } from '../quarantine.ts'
import { type Route, routeOf } from '../route.ts'

/** Lists the messages that were set aside, and puts them back. */
export function quarantineRoutes(quarantine: Quarantine): readonly Route[] {
  return [
    routeOf('listQuarantine', {
      handle: ({ request }) => listQuarantine(quarantine, new URLSearchParams(request.query)),
    }),
    routeOf('replayQuarantine', { handle: () => replayQuarantine(quarantine) }),
  ]
}
